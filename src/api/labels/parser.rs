//! The grammar of selectors, see the comment of upstream's `Parse`.

use std::collections::BTreeSet;

use super::{Operator, ParseError, Path, Requirement, key_error};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    End,
    Identifier,
    Comma,
    Not,
    OpenParenthesis,
    ClosedParenthesis,
    /// `in` and `notin` are identifiers too, where a key or a value is expected.
    Word(Operator),
    Sign(Operator),
}

/// A token and the text that it was.
type Item<'a> = (Token, &'a str);

/// The tokens that are not words, longer ones before their beginnings.
const SIGNS: [(&str, Token); 9] = [
    ("==", Token::Sign(Operator::DoubleEquals)),
    ("!=", Token::Sign(Operator::NotEquals)),
    ("=", Token::Sign(Operator::Equals)),
    (">", Token::Sign(Operator::GreaterThan)),
    ("<", Token::Sign(Operator::LessThan)),
    ("!", Token::Not),
    ("(", Token::OpenParenthesis),
    (")", Token::ClosedParenthesis),
    (",", Token::Comma),
];

// Models pkg/labels/selector.go Lexer
/// All tokens, the last one being the end. A NUL character ends a word, and in front of a token the whole text.
fn tokens(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() || rest.starts_with('\0') {
            items.push((Token::End, ""));
            return items;
        }
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (token, length) = match sign {
            Some(&(sign, token)) => (token, sign.len()),
            None => {
                let ends = |c: char| " \t\r\n=!(),><\0".contains(c);
                let length = rest.find(ends).unwrap_or(rest.len());
                let token = match &rest[..length] {
                    "in" => Token::Word(Operator::In),
                    "notin" => Token::Word(Operator::NotIn),
                    _ => Token::Identifier,
                };
                (token, length)
            }
        };
        let (literal, after) = rest.split_at(length);
        items.push((token, literal));
        rest = after.strip_prefix('\0').unwrap_or(after);
    }
}

struct Parser<'a> {
    items: Vec<Item<'a>>,
    position: usize,
}

impl<'a> Parser<'a> {
    /// The next token where a key or a value may stand.
    fn peek(&self) -> Item<'a> {
        match self.peek_operator() {
            (Token::Word(_), literal) => (Token::Identifier, literal),
            other => other,
        }
    }

    fn peek_operator(&self) -> Item<'a> {
        self.items.get(self.position).copied().unwrap_or((Token::End, ""))
    }

    fn next(&mut self) -> Item<'a> {
        let item = self.peek();
        self.position += 1;
        item
    }

    fn next_operator(&mut self) -> Item<'a> {
        let item = self.peek_operator();
        self.position += 1;
        item
    }

    // Models pkg/labels/selector.go Parser.parseRequirement
    fn requirement(&mut self) -> Result<Requirement, ParseError> {
        let mut item = self.next();
        let not = item.0 == Token::Not;
        if not {
            item = self.next();
        }
        let (Token::Identifier, key) = item else {
            return Err(ParseError(format!("found '{}', expected: identifier", item.1)));
        };
        if let Some(error) = key_error(key, &Path::NIL) {
            return Err(ParseError(error.to_string()));
        }
        if not {
            return Ok(Requirement::new(key, Operator::DoesNotExist, Vec::new())?);
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(Requirement::new(key, Operator::Exists, Vec::new())?);
        }
        let operator = match self.next_operator() {
            (Token::Word(operator) | Token::Sign(operator), _) => operator,
            (_, literal) => {
                let expected = "in, notin, =, ==, !=, gt, lt";
                return Err(ParseError(format!("found '{literal}', expected: {expected}")));
            }
        };
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        Ok(Requirement::new(key, operator, values)?)
    }

    // Models pkg/labels/selector.go Parser.parseExactValue
    fn exact_value(&mut self) -> Result<String, ParseError> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.next() {
            (Token::Identifier, literal) => Ok(literal.to_owned()),
            (_, literal) => Err(ParseError(format!("found '{literal}', expected: identifier"))),
        }
    }

    // Models pkg/labels/selector.go Parser.parseValues and parseIdentifiersList
    /// The values between parentheses, sorted, each once. Commas without a value beside them stand for the
    /// empty one.
    fn values(&mut self) -> Result<Vec<String>, ParseError> {
        let (token, literal) = self.next();
        if token != Token::OpenParenthesis {
            return Err(ParseError(format!("found '{literal}' expected: '('")));
        }
        match self.peek() {
            (Token::Identifier | Token::Comma, _) => {}
            (Token::ClosedParenthesis, _) => {
                self.next();
                return Ok(vec![String::new()]);
            }
            (_, literal) => {
                return Err(ParseError(format!("found '{literal}', expected: ',', ')' or identifier")));
            }
        }
        let mut values = BTreeSet::new();
        loop {
            match self.next() {
                (Token::Identifier, literal) => {
                    values.insert(literal.to_owned());
                    match self.peek() {
                        (Token::Comma, _) => {}
                        (Token::ClosedParenthesis, _) => break,
                        (_, literal) => {
                            return Err(ParseError(format!("found '{literal}', expected: ',' or ')'")));
                        }
                    }
                }
                (Token::Comma, _) => {
                    let after = self.peek().0;
                    if values.is_empty() || matches!(after, Token::ClosedParenthesis | Token::Comma) {
                        values.insert(String::new());
                    }
                    if after == Token::ClosedParenthesis {
                        break;
                    }
                }
                (_, literal) => {
                    return Err(ParseError(format!("found '{literal}', expected: ',', or identifier")));
                }
            }
        }
        self.next();
        Ok(values.into_iter().collect())
    }
}

// Models pkg/labels/selector.go Parser.parse
pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, ParseError> {
    let mut parser = Parser { items: tokens(text), position: 0 };
    let mut requirements = Vec::new();
    loop {
        match parser.peek() {
            (Token::Identifier | Token::Not, _) => {
                let requirement = parser.requirement();
                requirements.push(
                    requirement
                        .map_err(|error| ParseError(format!("unable to parse requirement: {error}")))?,
                );
            }
            (Token::End, _) => return Ok(requirements),
            (_, literal) => {
                return Err(ParseError(format!(
                    "found '{literal}', expected: !, identifier, or 'end of string'"
                )));
            }
        }
        match parser.next() {
            (Token::End, _) => return Ok(requirements),
            (Token::Comma, _) => match parser.peek() {
                (Token::Identifier | Token::Not, _) => {}
                (_, literal) => {
                    return Err(ParseError(format!("found '{literal}', expected: identifier after ','")));
                }
            },
            (_, literal) => {
                return Err(ParseError(format!("found '{literal}', expected: ',' or 'end of string'")));
            }
        }
    }
}
