//! The date that templates are told. It is the same every day: with today's in it, a conversation
//! would be another prompt tomorrow, and its replies could not be repeated.
//! Knows: the letters of `strftime`. Never: the clock.

use minijinja::{Error, ErrorKind};

/// `format`, as Python's `strftime` fills it in for Friday, 26 July 2024, 0:00: the date that
/// Llama's own templates fall back to where they are told none.
pub(super) fn strftime_now(format: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let (bare, behind) = behind.strip_prefix('-').map_or((false, behind), |behind| (true, behind));
        let mut letters = behind.chars();
        let letter = letters.next().unwrap_or('\0');
        let text = named(letter).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, format!("no date is written with `%{letter}`"))
        })?;
        out.push_str(if bare { without_zero(text) } else { text });
        rest = letters.as_str();
    }
    out.push_str(rest);
    Ok(out)
}

fn named(letter: char) -> Option<&'static str> {
    Some(match letter {
        'a' => "Fri",
        'A' => "Friday",
        'b' | 'h' => "Jul",
        'B' => "July",
        'c' => "Fri Jul 26 00:00:00 2024",
        'd' | 'e' => "26",
        'D' | 'x' => "07/26/24",
        'F' => "2024-07-26",
        'H' | 'M' | 'S' => "00",
        'I' => "12",
        'j' => "208",
        'm' => "07",
        'p' => "AM",
        'R' => "00:00",
        'T' | 'X' => "00:00:00",
        'u' | 'w' => "5",
        'y' => "24",
        'Y' => "2024",
        'z' | 'Z' => "",
        '%' => "%",
        _ => return None,
    })
}

/// `text` without the zero that fills it up to two digits.
fn without_zero(text: &str) -> &str {
    match text.strip_prefix('0') {
        Some(digit) if digit.len() == 1 => digit,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::strftime_now;

    #[test]
    fn a_date_is_written_as_python_writes_it() {
        for (format, due) in [
            ("%d %b %Y", "26 Jul 2024"),
            ("%d %B %Y", "26 July 2024"),
            ("%B %d, %Y", "July 26, 2024"),
            ("%Y-%m-%d", "2024-07-26"),
            ("%A, %-d.%-m.%y, %H:%M (100 %%)", "Friday, 26.7.24, 00:00 (100 %)"),
            ("%-H %-Y", "0 2024"),
            ("", ""),
        ] {
            assert_eq!(strftime_now(format).ok().as_deref(), Some(due), "{format}");
        }
        for format in ["%", "50%", "%-", "%Q", "%é"] {
            assert!(strftime_now(format).is_err(), "{format}");
        }
    }
}
