// The YAML editor: CodeMirror with what the page needs of it. The page makes an editor with `create` and speaks to it
// in texts and numbers alone; what is right or wrong in a text, and what can be written, the page's engine says.

import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { forEachDiagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, RangeSet, StateEffect, StateField, Transaction } from "@codemirror/state";
import {
  Decoration, EditorView, GutterMarker, gutterLineClass, highlightActiveLine, highlightActiveLineGutter, keymap,
  lineNumbers, WidgetType,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const words = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "y-key" },
  { tag: [tags.content, tags.string, tags.special(tags.string), tags.attributeValue], class: "y-value" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], class: "y-value" },
  { tag: [tags.comment, tags.lineComment], class: "y-comment" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace, tags.meta], class: "y-mark" },
  { tag: [tags.labelName, tags.typeName], class: "y-name" },
]);

// ---- problems -----------------------------------------------------------------------------------------------------

/** How long the keys have to rest before new problems are shown, in milliseconds. */
const SILENT = 500;

const setProblems = StateEffect.define();
const fromOutside = Annotation.define();

/** A problem below its line, in words, with the button that mends it. */
class Told extends WidgetType {
  constructor(problems) {
    super();
    this.problems = problems;
  }
  eq(other) {
    return JSON.stringify(this.problems) === JSON.stringify(other.problems);
  }
  toDOM(view) {
    const box = element("div", "cm-told");
    for (const problem of this.problems) {
      const one = box.appendChild(element("div", problem.severity === "error" ? "told" : "told warn"));
      one.append(element("span", "at", problem.at), element("code", "", problem.message));
      if (problem.hint) one.append(element("span", "hint", problem.hint));
      if (problem.instead) {
        const button = one.appendChild(element("button", "btn out", `Change to ${problem.instead}`));
        button.type = "button";
        button.onclick = () => mend(view, problem);
      }
    }
    return box;
  }
  ignoreEvent() {
    return true;
  }
  get estimatedHeight() {
    return 64 * this.problems.length;
  }
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Writes what a problem proposes; where the text has changed since, its place has moved along. */
function mend(view, problem) {
  let place = null;
  forEachDiagnostic(view.state, (diagnostic, from, to) => {
    if (diagnostic.problem === problem) place = { from, to };
  });
  if (!place) return;
  view.dispatch({ changes: { ...place, insert: problem.instead }, selection: { anchor: place.from }, userEvent: "input" });
  view.focus();
}

class LineMark extends GutterMarker {
  constructor(name) {
    super();
    this.elementClass = name;
  }
  eq(other) {
    return this.elementClass === other.elementClass;
  }
}
const badLine = new LineMark("cm-bad");
const warnLine = new LineMark("cm-warn");

/** The places of problems, by line: what stands below the lines, and how their numbers look. */
const problemField = StateField.define({
  create: () => ({ below: Decoration.none, numbers: RangeSet.empty }),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setProblems)) return byLine(transaction.state.doc, effect.value);
    }
    if (!transaction.docChanged) return value;
    return { below: value.below.map(transaction.changes), numbers: value.numbers.map(transaction.changes) };
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => value.below),
    gutterLineClass.from(field, (value) => value.numbers),
  ],
});

function byLine(doc, diagnostics) {
  const lines = new Map();
  for (const { from, problem } of diagnostics) {
    const number = doc.lineAt(from).number;
    lines.set(number, [...(lines.get(number) ?? []), problem]);
  }
  const numbered = [...lines].sort(([one], [other]) => one - other);
  const below = numbered.flatMap(([number, problems]) => {
    const line = doc.line(number);
    const bad = problems.some((problem) => problem.severity === "error");
    return [
      Decoration.line({ class: bad ? "cm-bad-line" : "cm-warn-line" }).range(line.from),
      Decoration.widget({ widget: new Told(problems), block: true, side: 1 }).range(line.to),
    ];
  });
  const numbers = numbered.map(([number, problems]) =>
    (problems.some((problem) => problem.severity === "error") ? badLine : warnLine).range(doc.line(number).from));
  return { below: Decoration.set(below), numbers: RangeSet.of(numbers) };
}

/** The offset of a line and column that count from 1, columns in characters. */
function offset(doc, number, column) {
  const line = doc.line(Math.min(Math.max(number, 1), doc.lines));
  const before = Array.from(line.text).slice(0, Math.max(column - 1, 0)).join("");
  return line.from + before.length;
}

function diagnosticsOf(doc, problems) {
  return problems.filter((problem) => problem.line).map((problem) => {
    const from = offset(doc, problem.line, problem.column);
    let to = Math.max(from, offset(doc, problem.endLine, problem.endColumn));
    // What has no length is shown at the word that stands there.
    if (to === from) to = from + (/^[^\s:]+/.exec(doc.sliceString(from, doc.lineAt(from).to))?.[0].length ?? 0);
    return { from, to, severity: problem.severity, message: problem.message, problem };
  }).sort((one, other) => one.from - other.from);
}

// ---- completion ---------------------------------------------------------------------------------------------------

/** Asks the engine what can be written where the cursor is. */
function completions(complete) {
  return (context) => {
    const { state, pos } = context;
    const line = state.doc.lineAt(pos);
    const column = Array.from(line.text.slice(0, pos - line.from)).length + 1;
    const answer = JSON.parse(complete(state.doc.toString(), line.number, column) || "null");
    if (!answer || answer.options.length === 0) return null;
    const from = offset(state.doc, line.number, answer.column);
    const empty = from === pos;
    // Unasked, only where a word was begun, or where a value of a short list is due.
    if (!context.explicit && empty && !answer.due) return null;
    return { from, options: answer.options.map(option), validFor: /^[\w./$-]*$/ };
  };
}

/** Among those that fit equally well, the order in which the engine gives them. */
const inOrder = (one, other) => one.rank - other.rank;

function option({ label, insert, detail, kind, more, boost }, rank) {
  return {
    rank,
    label,
    detail,
    type: kind,
    boost,
    apply(view, _completion, from, to) {
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length },
        annotations: Transaction.userEvent.of("input.complete"),
      });
      if (more) startCompletion(view);
    },
  };
}

// ---- keys ---------------------------------------------------------------------------------------------------------

function tab(view) {
  if (completionStatus(view.state) === "active") return acceptCompletion(view) || true;
  const { state } = view;
  if (state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  view.dispatch(state.replaceSelection("  "), { scrollIntoView: true, userEvent: "input" });
  return true;
}

/** Mends what is wrong in the line of the cursor. */
function mendLine(view) {
  const line = view.state.doc.lineAt(view.state.selection.main.head);
  let found = null;
  forEachDiagnostic(view.state, ({ problem }, from) => {
    if (!found && problem.instead && from >= line.from && from <= line.to) found = problem;
  });
  if (found) mend(view, found);
  return found !== null;
}

// ---- the editor ---------------------------------------------------------------------------------------------------

/**
 * Makes an editor in `parent`. `hooks` has `text(whole)`, called after each change by the person; `apply()`, for
 * Ctrl+Enter; and `complete(text, line, column)`, which gives JSON: `{column, due, options}`, or nothing.
 */
export function create(parent, label, text, readOnly, hooks) {
  let escaped = false;
  let typed = -Infinity;
  let later = 0;
  const writing = new Compartment();
  const fixed = (on) => [EditorState.readOnly.of(on), EditorView.contentAttributes.of({ "aria-readonly": String(on) })];
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter({ openText: "⌄", closedText: "›" }),
        history(),
        yaml(),
        syntaxHighlighting(words),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        search({ top: true }),
        autocompletion({ override: [completions(hooks.complete)], icons: false, compareCompletions: inOrder, interactionDelay: 0 }),
        indentUnit.of("  "),
        EditorState.tabSize.of(2),
        problemField,
        writing.of(fixed(readOnly)),
        EditorView.contentAttributes.of({
          "aria-label": label,
          // Said aloud: what scrolls is reached by the keyboard.
          tabindex: "0",
          spellcheck: "false",
          autocapitalize: "off",
          autocorrect: "off",
        }),
        keymap.of([
          { key: "Mod-Enter", run: () => (hooks.apply(), true) },
          { key: "Mod-.", run: mendLine },
          { key: "Tab", run: tab, shift: indentLess },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...lintKeymap,
          ...defaultKeymap,
          // The first Escape is the editor's; the next may close the dialog that it stands in.
          { key: "Escape", run: () => !escaped && (escaped = true) },
        ]),
        // After Escape the next Tab leaves, however long it takes: CodeMirror's own two seconds are too short for some.
        EditorView.domEventHandlers({
          keydown(event) {
            if (event.key !== "Escape") escaped = false;
            return false;
          },
          keyup(event, editor) {
            if (event.key === "Escape") editor.setTabFocusMode(86_400_000);
            return false;
          },
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((one) => one.annotation(fromOutside))) {
            typed = performance.now();
            hooks.text(update.state.doc.toString());
          }
          if (update.geometryChanged) {
            const seen = view.scrollDOM.clientWidth - (view.dom.querySelector(".cm-gutters")?.offsetWidth ?? 0);
            view.dom.style.setProperty("--seen", `${Math.max(seen, 0)}px`);
          }
        }),
      ],
    }),
  });

  return {
    /** Puts a text in place of what is there; the cursor, the folds and the view stay where the texts are alike. */
    setText(next) {
      const doc = view.state.doc;
      const old = doc.toString();
      if (old === next) return;
      let start = 0;
      const shorter = Math.min(old.length, next.length);
      while (start < shorter && old[start] === next[start]) start += 1;
      let end = 0;
      while (end < shorter - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end += 1;
      view.dispatch({
        changes: { from: start, to: old.length - end, insert: next.slice(start, next.length - end) },
        annotations: [fromOutside.of(true), Transaction.addToHistory.of(false)],
      });
    },
    /** Shows problems: JSON of `{line, column, endLine, endColumn, severity, at, message, hint, instead}`. */
    setProblems(json) {
      const problems = JSON.parse(json);
      const show = () => {
        const diagnostics = diagnosticsOf(view.state.doc, problems);
        view.dispatch(setDiagnostics(view.state, diagnostics), { effects: setProblems.of(diagnostics) });
      };
      clearTimeout(later);
      // A half-written word is no problem yet: what is wrong is said when the keys rest.
      const rest = problems.length === 0 ? 0 : typed + SILENT - performance.now();
      if (rest > 0) later = setTimeout(show, rest);
      else show();
    },
    setReadOnly(on) {
      view.dispatch({ effects: writing.reconfigure(fixed(on)) });
    },
    setLabel(name) {
      view.contentDOM.setAttribute("aria-label", name);
    },
    /** Selects a stretch and brings it into view. */
    reveal(line, column, endLine, endColumn, focus) {
      const { doc } = view.state;
      const anchor = offset(doc, line, column);
      const head = Math.max(anchor, offset(doc, endLine, endColumn));
      view.dispatch({ selection: { anchor, head }, effects: EditorView.scrollIntoView(anchor, { y: "start", yMargin: 8 }) });
      if (focus) view.focus();
    },
    focus() {
      view.focus();
    },
    destroy() {
      clearTimeout(later);
      view.destroy();
    },
  };
}
