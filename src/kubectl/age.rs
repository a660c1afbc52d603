//! Ages and moments as kubectl writes them. All are in whole seconds since 1970.

use k8s_openapi::jiff;

use super::doc::Doc;

/// What Go prints for a time that is not set.
const NEVER: &str = "Mon, 01 Jan 0001 00:00:00 +0000";

/// The moment that the timestamp at a path names.
pub fn moment(doc: Doc<'_>, path: &str) -> Option<i64> {
    let text = doc.text(path);
    (!text.is_empty()).then(|| text.parse::<jiff::Timestamp>().ok()).flatten().map(|at| at.as_second())
}

// Models pkg/printers/internalversion/printers.go translateTimestampSince
/// How long ago the timestamp at a path was, `<unknown>` when there is none.
pub fn age(doc: Doc<'_>, path: &str, now: i64) -> String {
    since(moment(doc, path), now)
}

/// How long ago a moment was, `<unknown>` when it is not known.
pub fn since(moment: Option<i64>, now: i64) -> String {
    moment.map_or_else(|| "<unknown>".to_owned(), |moment| human(now.saturating_sub(moment)))
}

// Models k8s.io/apimachinery/pkg/util/duration HumanDuration
/// A number of seconds with two or three digits of it that matter.
pub fn human(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let one = |unit: i64, letter: &str| [&*(seconds / unit).to_string(), letter].concat();
    let two = |unit: i64, letter: &str, smaller: i64, small_letter: &str| match seconds % unit / smaller {
        0 => one(unit, letter),
        rest => [one(unit, letter), rest.to_string(), small_letter.to_owned()].concat(),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        _ if seconds < 2 * MINUTE => one(1, "s"),
        _ if seconds < 10 * MINUTE => two(MINUTE, "m", 1, "s"),
        _ if seconds < 3 * HOUR => one(MINUTE, "m"),
        _ if seconds < 8 * HOUR => two(HOUR, "h", MINUTE, "m"),
        _ if seconds < 2 * DAY => one(HOUR, "h"),
        _ if seconds < 8 * DAY => two(DAY, "d", HOUR, "h"),
        _ if seconds < 2 * YEAR => one(DAY, "d"),
        _ if seconds < 8 * YEAR => two(YEAR, "y", DAY, "d"),
        _ => one(YEAR, "y"),
    }
}

/// The timestamp at a path as `Sat, 01 Mar 2025 10:00:00 +0000`.
pub fn date(doc: Doc<'_>, path: &str) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(seconds) = moment(doc, path) else { return NEVER.to_owned() };
    let (year, month, day, clock) = civil(seconds);
    // 1 January 1970 was a Thursday. Both places are below the lengths.
    let weekday = DAYS[seconds.div_euclid(86_400).rem_euclid(7) as usize];
    let month = MONTHS[(month as usize - 1) % 12];
    format!("{weekday}, {day:02} {month} {year:04} {clock} +0000")
}

/// The timestamp at a path as Go's `Time.String` writes it: `2025-03-01 10:00:00 +0000 UTC`.
pub fn plain_date(doc: Doc<'_>, path: &str) -> String {
    let Some(seconds) = moment(doc, path) else { return "<nil>".to_owned() };
    let (year, month, day, clock) = civil(seconds);
    format!("{year:04}-{month:02}-{day:02} {clock} +0000 UTC")
}

/// Year, month (1 to 12), day and the time of the day, of the Gregorian calendar in UTC.
fn civil(seconds: i64) -> (i64, i64, i64, String) {
    let second = seconds.rem_euclid(86_400);
    // Days since 1 March of the year 0, so that the leap day is the last of a year.
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let clock = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
    (year, month, day, clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ages_have_the_digits_that_matter() {
        let check = |seconds, expected: &str| assert_eq!(human(seconds), expected, "{seconds} s");
        check(-2, "<invalid>");
        check(-1, "0s");
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(121, "2m1s");
        check(599, "9m59s");
        check(601, "10m");
        check(3 * 3_600 - 1, "179m");
        check(3 * 3_600, "3h");
        check(3 * 3_600 + 61, "3h1m");
        check(8 * 3_600 + 61, "8h");
        check(48 * 3_600, "2d");
        check(49 * 3_600, "2d1h");
        check(8 * 86_400 + 3_600, "8d");
        check(730 * 86_400, "2y");
        check(731 * 86_400, "2y1d");
        check(8 * 365 * 86_400 + 86_400, "8y");
    }

    #[test]
    fn moments_are_written_in_both_forms() {
        let check = |text: &str, expected: &str, plain: &str| {
            let value = json!({ "at": text });
            assert_eq!(date(Doc(&value), "at"), expected);
            assert_eq!(plain_date(Doc(&value), "at"), plain);
        };
        check("2025-03-01T10:00:00Z", "Sat, 01 Mar 2025 10:00:00 +0000", "2025-03-01 10:00:00 +0000 UTC");
        check("2024-02-29T23:59:58Z", "Thu, 29 Feb 2024 23:59:58 +0000", "2024-02-29 23:59:58 +0000 UTC");
        check("1969-12-31T00:00:00Z", "Wed, 31 Dec 1969 00:00:00 +0000", "1969-12-31 00:00:00 +0000 UTC");
        check("", NEVER, "<nil>");
    }
}
