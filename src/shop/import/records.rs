//! The rows of a file, whatever its format: bytes in, numbered rows of named cells out. Refuses to know what the
//! columns mean. One damaged row never takes its neighbours with it.

use csv_core::ReadRecordResult;
use serde_json::Value;

/// A row with something in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub line: u64,
    /// (heading as written, content), in the file's order; empty cells are left out.
    pub cells: Vec<(String, Cell)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    List(Vec<String>),
    Pairs(Vec<(String, String)>),
}

/// A row that cannot be read: its line, its column if one is to blame, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    pub line: u64,
    pub column: Option<String>,
    pub reason: String,
}

/// Looks at the first bytes and decides how to read on. Fails for what is no table at all.
pub fn open(bytes: &[u8]) -> Result<Records<'_>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("the file is UTF-16; save it as UTF-8".into());
    }
    if bytes.contains(&0) {
        return Err("this is not a text file".into());
    }
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace()).ok_or("the file is empty")?;
    let mut records = Records {
        bytes,
        at: 0,
        line: 1,
        headings: Vec::new(),
        delimiter: b',',
        reader: csv_core::Reader::new(),
        json: *first == b'{',
    };
    if *first == b'[' {
        return Err("this is one JSON array; JSON Lines is wanted: one object a line".into());
    }
    if !records.json {
        records.read_headings()?;
    }
    Ok(records)
}

/// An iterator over the rows.
pub struct Records<'a> {
    bytes: &'a [u8],
    /// Where the next row begins, and on which line.
    at: usize,
    line: u64,
    headings: Vec<String>,
    delimiter: u8,
    reader: csv_core::Reader,
    json: bool,
}

impl Records<'_> {
    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.at as u64
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.at = (self.at + bytes).min(self.bytes.len());
    }

    fn read_headings(&mut self) -> Result<(), String> {
        let end = line_end(self.rest());
        let line = String::from_utf8_lossy(self.rest().get(..end).unwrap_or_default()).into_owned();
        // Spreadsheets write what their country separates by.
        let count = |d: char| line.matches(d).count();
        self.delimiter = [',', ';', '\t'].into_iter().max_by_key(|d| (count(*d), *d == ',')).map_or(b',', |d| d as u8);
        self.reader = csv_core::ReaderBuilder::new().delimiter(self.delimiter).build();
        let (length, fields) = self.row().ok_or("the file has no heading row")?;
        self.headings = fields.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
        self.advance(length);
        Ok(())
    }

    /// The bytes and fields of the row that begins here.
    fn row(&mut self) -> Option<(usize, Vec<Vec<u8>>)> {
        // Making a reader costs more than reading a row with it.
        self.reader.reset();
        let input = self.bytes.get(self.at..).unwrap_or_default();
        let (mut text, mut ends) = (vec![0; 1_024], vec![0; 32]);
        let (mut read, mut written, mut fields) = (0, 0, 0);
        loop {
            let (rest, room, places) = (input.get(read..)?, text.get_mut(written..)?, ends.get_mut(fields..)?);
            let (result, r, w, f) = self.reader.read_record(rest, room, places);
            (read, written, fields) = (read + r, written + w, fields + f);
            match result {
                // Asked again with nothing left, it ends the row.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => text.resize(2 * text.len(), 0),
                ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
            }
        }
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let cells = begins.zip(ends.iter().take(fields)).filter_map(|(from, to)| text.get(from..*to));
        Some((read, cells.map(<[u8]>::to_vec).collect()))
    }

    fn next_row(&mut self) -> Option<Result<Record, Unreadable>> {
        let blank = self.rest().iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        self.advance(blank);
        let line = self.line;
        let (length, fields) = self.row()?;
        let physical = line_end(self.rest());
        let several_lines = length > physical + 2;
        let row = self.rest().get(..length).unwrap_or_default();
        // A quote that is never closed swallows the rows after it: then this line only is given up.
        let swallowed =
            several_lines && (fields.len() != self.headings.len() || !quotes_close_cells(row, self.delimiter));
        if swallowed || fields.len() > self.headings.len() {
            self.advance(if swallowed { physical } else { length });
            let reason = match swallowed {
                true => "a quotation mark is opened and not closed on this line".to_owned(),
                false => format!("{} cells under {} headings", fields.len(), self.headings.len()),
            };
            return Some(Err(Unreadable { line, column: None, reason }));
        }
        self.advance(length);
        let mut cells = Vec::with_capacity(fields.len());
        for (heading, field) in self.headings.iter().zip(fields) {
            match String::from_utf8(field) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => cells.push((heading.clone(), Cell::Text(text.trim().to_owned()))),
                Err(_) => {
                    let reason = "not UTF-8; save the file as UTF-8".to_owned();
                    return Some(Err(Unreadable { line, column: Some(heading.clone()), reason }));
                }
            }
        }
        Some(Ok(Record { line, cells }))
    }

    fn next_object(&mut self) -> Option<Result<Record, Unreadable>> {
        let blank = self.rest().iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.advance(blank);
        if self.rest().is_empty() {
            return None;
        }
        let line = self.line;
        let end = line_end(self.rest());
        let parsed = serde_json::from_slice::<Value>(self.rest().get(..end).unwrap_or_default());
        self.advance(end);
        Some(match parsed {
            Ok(Value::Object(members)) => {
                let cells = members.into_iter().filter_map(|(key, value)| Some((key, cell(value)?))).collect();
                Ok(Record { line, cells })
            }
            Ok(_) => Err(Unreadable { line, column: None, reason: "not a JSON object".into() }),
            Err(e) => Err(Unreadable { line, column: None, reason: format!("not JSON: {e}") }),
        })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.json { self.next_object() } else { self.next_row() }
    }
}

/// Whether every closing quotation mark stands at the end of its cell.
fn quotes_close_cells(row: &[u8], delimiter: u8) -> bool {
    let (mut quoted, mut begins) = (false, true);
    let mut bytes = row.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (quoted, byte) {
            (true, b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (true, b'"') => {
                quoted = false;
                if bytes.peek().is_some_and(|b| *b != delimiter && !b.is_ascii_whitespace()) {
                    return false;
                }
            }
            (true, _) => {}
            (false, b'"') if begins => quoted = true,
            (false, _) => {}
        }
        begins = !quoted && (byte == delimiter || byte == b'\n');
    }
    !quoted
}

fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len())
}

fn cell(value: Value) -> Option<Cell> {
    match value {
        Value::Null => None,
        Value::Array(items) => Some(Cell::List(items.into_iter().map(plain).collect())),
        Value::Object(members) => Some(Cell::Pairs(members.into_iter().map(|(k, v)| (k, plain(v))).collect())),
        scalar => Some(plain(scalar)).filter(|t| !t.is_empty()).map(Cell::Text),
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a row, or the line and reason of a bad one.
    type Read = Result<Vec<(String, String)>, (u64, String)>;

    fn rows(file: &str) -> Vec<Read> {
        open(file.as_bytes())
            .unwrap()
            .map(|r| match r {
                Ok(r) => Ok(r
                    .cells
                    .into_iter()
                    .map(|(h, c)| (h, if let Cell::Text(t) = c { t } else { format!("{c:?}") }))
                    .collect()),
                Err(u) => Err((u.line, u.reason)),
            })
            .collect()
    }

    fn pairs(cells: &[(&str, &str)]) -> Read {
        Ok(cells.iter().map(|(h, c)| ((*h).to_owned(), (*c).to_owned())).collect())
    }

    #[test]
    fn csv_rows_in_every_dress() {
        assert_eq!(rows("id,title\n1,Tea\n2,\n"), [pairs(&[("id", "1"), ("title", "Tea")]), pairs(&[("id", "2")])]);
        assert_eq!(rows("\u{feff}id;title\r\n1;Tea\r\n"), [pairs(&[("id", "1"), ("title", "Tea")])]);
        assert_eq!(rows("id\ttitle\n1\tTea, green"), [pairs(&[("id", "1"), ("title", "Tea, green")])]);
        assert_eq!(rows("id,title\n\n\n1,\"a \"\"b\"\"\nc\"\n"), [pairs(&[("id", "1"), ("title", "a \"b\"\nc")])]);
        assert_eq!(rows("id,title\n"), []);
    }

    #[test]
    fn a_bad_row_costs_only_itself() {
        let found = rows("id,title,price\n1,\"Tea,2\n2,Milk,3\n3,Rye,4,5,6\n4,Oat,5\n");
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0].as_ref().unwrap_err().0, 2);
        assert_eq!(found[1], pairs(&[("id", "2"), ("title", "Milk"), ("price", "3")]));
        assert_eq!(found[2].as_ref().unwrap_err().0, 4);
        assert_eq!(found[3], pairs(&[("id", "4"), ("title", "Oat"), ("price", "5")]));
    }

    #[test]
    fn an_open_quote_that_another_one_closes() {
        let found = rows("id,title,price\n1,\"Tea,2\n2,\"Milk\",3\n3,Rye,4\n");
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].as_ref().unwrap_err().0, 2);
        assert_eq!(found[1], pairs(&[("id", "2"), ("title", "Milk"), ("price", "3")]));
    }

    #[test]
    fn bad_utf8_names_its_column() {
        let all: Vec<_> = open(b"id,title\n1,Caf\xe9\n2,Tea\n").unwrap().collect();
        let bad = all[0].as_ref().unwrap_err();
        assert_eq!((bad.line, bad.column.as_deref()), (2, Some("title")));
        assert!(all[1].is_ok());
    }

    #[test]
    fn json_lines() {
        let found = rows("{\"id\":\"1\",\"price\":2.5,\"stock\":null}\nnonsense\n\n{\"id\":\"2\"}\n[1]\n");
        assert_eq!(found[0], pairs(&[("id", "1"), ("price", "2.5")]));
        assert_eq!(found[1].as_ref().unwrap_err().0, 2);
        assert_eq!(found[2], pairs(&[("id", "2")]));
        assert_eq!(found[3].as_ref().unwrap_err(), &(5, "not a JSON object".to_owned()));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b""[..], b"  \n ", b"\xff\xfei\0d\0", b"\x89PNG\0\0", b"[{\"id\":1}]"] {
            assert!(open(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            if let Ok(records) = open(&bytes) {
                proptest::prop_assert!(records.count() <= 401);
            }
        }
    }
}
