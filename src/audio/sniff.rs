//! What bytes are, by their first few: the name in a header or a file's ending is not believed.

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Wav,
    Stream(Container),
    /// Audio, but of a kind that is not decoded here.
    Unsupported(&'static str),
    /// Not audio, with a name a person understands.
    NotAudio(&'static str),
    Unknown,
}

/// Containers decoded by symphonia.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Container {
    Flac,
    /// Vorbis.
    Ogg,
    OggOpus,
    /// Opus or Vorbis, as browsers record.
    WebM,
    /// With an ID3 tag in front.
    TaggedMp3,
    /// Only a frame's sync bits: one chance in a few thousand for random bytes.
    BareMp3,
}

impl Container {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg Vorbis",
            Self::OggOpus => "Ogg Opus",
            Self::WebM => "WebM",
            Self::TaggedMp3 | Self::BareMp3 => "MP3",
        }
    }

    /// Whether the mark is long enough to overrule a header that says "raw PCM".
    pub(super) fn certain(self) -> bool {
        self != Self::BareMp3
    }
}

const MARKS: &[(&[u8], Kind)] = &[
    (b"fLaC", Kind::Stream(Container::Flac)),
    (b"ID3", Kind::Stream(Container::TaggedMp3)),
    (b"\x89PNG\r\n\x1a\n", Kind::NotAudio("a PNG image")),
    (b"\xff\xd8\xff", Kind::NotAudio("a JPEG image")),
    (b"GIF8", Kind::NotAudio("a GIF image")),
    (b"%PDF", Kind::NotAudio("a PDF document")),
    (b"PK\x03\x04", Kind::NotAudio("a ZIP archive")),
    (b"PK\x05\x06", Kind::NotAudio("a ZIP archive")),
    (b"\x1f\x8b", Kind::NotAudio("gzip-compressed data")),
    (b"BZh", Kind::NotAudio("bzip2-compressed data")),
    (b"\xfd7zXZ\x00", Kind::NotAudio("xz-compressed data")),
    (b"\x28\xb5\x2f\xfd", Kind::NotAudio("zstd-compressed data")),
    (b"7z\xbc\xaf\x27\x1c", Kind::NotAudio("a 7z archive")),
    (b"\x7fELF", Kind::NotAudio("a program")),
    (b"\x1aE\xdf\xa3", Kind::Stream(Container::WebM)),
    (b"#!AMR", Kind::Unsupported("AMR")),
    (b".snd", Kind::Unsupported("AU")),
    (b"caff", Kind::Unsupported("CAF")),
    (b"RIFX", Kind::Unsupported("big-endian RIFX")),
    (b"RF64", Kind::Unsupported("RF64")),
    (b"wvpk", Kind::Unsupported("WavPack")),
    (b"MThd", Kind::NotAudio("a MIDI file")),
];

pub(super) fn kind(bytes: &[u8]) -> Kind {
    let at = |from: usize, mark: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(mark));
    if at(0, b"RIFF") {
        return match bytes.get(8..12) {
            // Cut off inside the first header: the reader says so better than "unknown" would.
            Some(b"WAVE") | None => Kind::Wav,
            Some(b"AVI ") => Kind::NotAudio("an AVI film"),
            Some(b"WEBP") => Kind::NotAudio("a WebP image"),
            Some(_) => Kind::NotAudio("a RIFF file without sound"),
        };
    }
    if at(0, b"OggS") {
        return ogg(bytes);
    }
    if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) {
        return Kind::Unsupported("AIFF");
    }
    if at(4, b"ftyp") {
        return Kind::Unsupported("MP4 or M4A");
    }
    if let Some((_, kind)) = MARKS.iter().find(|(mark, _)| at(0, mark)) {
        return *kind;
    }
    match bytes {
        // ADTS: the same sync bits as MPEG audio, but "layer" is zero, which MPEG audio reserves.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Kind::Unsupported("AAC"),
        [0xff, second, third, ..] if second & 0xe6 == 0xe2 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c => {
            Kind::Stream(Container::BareMp3)
        }
        _ => text(bytes),
    }
}

/// The first page of an Ogg stream names its codec after the page header's 27 bytes and its segment table.
fn ogg(bytes: &[u8]) -> Kind {
    let head = bytes.get(..256.min(bytes.len())).unwrap_or_default();
    let holds = |mark: &[u8]| head.windows(mark.len()).any(|w| w == mark);
    if holds(b"OpusHead") {
        Kind::Stream(Container::OggOpus)
    } else if holds(b"Speex   ") {
        Kind::Unsupported("Ogg Speex")
    } else if holds(b"\x80theora") {
        Kind::NotAudio("an Ogg film")
    } else {
        Kind::Stream(Container::Ogg)
    }
}

fn text(bytes: &[u8]) -> Kind {
    let head: &[u8] = bytes.get(..64.min(bytes.len())).unwrap_or_default();
    let begins = head.trim_ascii_start();
    match begins.first() {
        Some(b'{' | b'[') if head.is_ascii() => Kind::NotAudio("JSON"),
        Some(b'<') if head.is_ascii() => Kind::NotAudio("HTML or XML"),
        Some(_) if head.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) => Kind::NotAudio("text"),
        _ => Kind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let cases: &[(&[u8], Kind)] = &[
            (b"RIFF\x24\0\0\0WAVEfmt ", Kind::Wav),
            (b"RIFF", Kind::Wav),
            (b"RIFF\x24\0\0\0AVI LIST", Kind::NotAudio("an AVI film")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind::NotAudio("a PNG image")),
            (b"fLaC\0\0\0\x22", Kind::Stream(Container::Flac)),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead", Kind::Stream(Container::OggOpus)),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis", Kind::Stream(Container::Ogg)),
            (b"\xff\xfb\x90\x64", Kind::Stream(Container::BareMp3)),
            (b"\xff\xf3\x44\xc4", Kind::Stream(Container::BareMp3)),
            (b"\xff\xf1\x50\x80", Kind::Unsupported("AAC")),
            (b"\xff\xff\xff\xff", Kind::Unknown),
            (b"ID3\x04\0\0", Kind::Stream(Container::TaggedMp3)),
            (b"\0\0\0\x20ftypM4A ", Kind::Unsupported("MP4 or M4A")),
            (b"{\"a\": 1}", Kind::NotAudio("JSON")),
            (b"  <html>", Kind::NotAudio("HTML or XML")),
            (b"hello there", Kind::NotAudio("text")),
            (b"\x01\x02\x03\x04", Kind::Unknown),
            (b"", Kind::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(kind(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
