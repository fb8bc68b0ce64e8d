//! Records in, a file that still holds them after the process was killed out. A record is one write to the system, which
//! keeps what it was given whatever becomes of the process; nothing is synced, so a power cut may lose the last moments
//! (of conversations: what was bought lies elsewhere). Refuses to know what a record means.
//!
//! A journal belongs to one process, which holds a lock on it. Those without a lock were left behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// An open journal file. One record a line.
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

const EXTENSION: &str = "journal";

impl Journal {
    /// A new file in `folder` that no other process has.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!("{}.{EXTENSION}", ulid::Ulid::generate()));
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(Self { path, file, length: 0 })
    }

    /// Adds a line. A write that fails part of the way (the disk is full) leaves nothing behind.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(line);
        match &written {
            Ok(()) => self.length += line.len() as u64,
            Err(_) => self.file.set_len(self.length)?,
        }
        written
    }

    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    /// The whole lines of journals whose processes are gone, oldest journal first, with what removes them once they are
    /// safe elsewhere. A line that was cut off belongs to a turn that was never answered.
    pub fn left_behind(folder: &Path) -> io::Result<(Vec<String>, Vec<Journal>)> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).collect();
        paths.retain(|p| p.extension().is_some_and(|e| e == EXTENSION));
        paths.sort();
        let (mut lines, mut journals) = (Vec::new(), Vec::new());
        for path in paths {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            if file.try_lock().is_err() {
                continue;
            }
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let text = String::from_utf8_lossy(&text);
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            lines.extend(whole.lines().map(str::to_owned));
            journals.push(Self { path, file, length: 0 });
        }
        Ok((lines, journals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_wrote_is_found_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = Journal::create(folder.path()).unwrap();
        one.append(b"a\n").unwrap();
        one.append(b"b\ncut of").unwrap();
        assert!(Journal::left_behind(folder.path()).unwrap().0.is_empty(), "its process lives");
        drop(one);
        std::thread::sleep(std::time::Duration::from_millis(2));
        let mut two = Journal::create(folder.path()).unwrap();
        two.append(b"c\n").unwrap();
        drop(two);
        let (lines, journals) = Journal::left_behind(folder.path()).unwrap();
        assert_eq!(lines, ["a", "b", "c"]);
        journals.into_iter().for_each(|j| j.remove().unwrap());
        assert!(Journal::left_behind(folder.path()).unwrap().0.is_empty());
    }
}
