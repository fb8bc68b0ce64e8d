//! What a PNG says of itself in its first bytes.

/// Width and height in pixels; `None` where it is no PNG.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    // Length, then the name of the chunk that every PNG begins with.
    let header = header.get(4..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_icons_have_the_sizes_amazon_wants() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US/publishing");
        for (name, want) in
            [("smallIcon.png", Some((108, 108))), ("largeIcon.png", Some((512, 512))), ("icon.svg", None)]
        {
            assert_eq!(size(&std::fs::read(folder.join(name)).unwrap()), want, "{name}");
        }
        assert_eq!(size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"), None);
    }
}
