//! Files that hold reports but are none.

/// The name of an archive or binary that is recognised and not read, `zip archive` for instance;
/// it reads after "is a".
///
/// Takes the first bytes of a file, or what [`Source::head`](crate::Source::head) gives: the head
/// of a `.tar.gz` is that of the tar archive.
/// gzip and zstd have no name here, since they are read.
/// 512 bytes are enough; with fewer than 262 a tar archive is not seen.
///
/// ```
/// use scanlift_input::sniff_container;
/// assert_eq!(sniff_container(b"PK\x03\x04\x14\0"), Some("zip archive"));
/// assert_eq!(sniff_container(b"{\"runs\":[]}"), None);
/// ```
#[must_use]
pub fn sniff_container(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => "zip archive",
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => "xz file",
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => "bzip2 file",
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => "7-Zip archive",
        [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => "RAR archive",
        [0x04, 0x22, 0x4D, 0x18, ..] => "lz4 file",
        [b'%', b'P', b'D', b'F', b'-', ..] => "PDF document",
        [0x7F, b'E', b'L', b'F', ..] => "program (ELF)",
        [b'M', b'Z', rest @ ..] if rest.iter().take(62).any(|byte| *byte == 0) => "program (Windows)",
        [0xCF | 0xCE, 0xFA, 0xED, 0xFE, ..] => "program (Mach-O)",
        [0xCA, 0xFE, 0xBA, 0xBE, ..] => "program (Java class or Mach-O)",
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => "Microsoft Office 97 document",
        [0x89, b'P', b'N', b'G', ..] => "PNG image",
        _ if head.starts_with(b"SQLite format 3\0") => "SQLite database",
        _ if head.get(257..262) == Some(b"ustar") => "tar archive",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_from_text() {
        let mut tar = b"a".to_vec();
        tar.resize(257, 0);
        tar.extend_from_slice(b"ustar\0");
        let table: &[(&[u8], Option<&str>)] = &[
            (b"", None),
            (b"PK", None),
            (b"PKCS,one,two", None),
            (b"PK\x05\x06\0\0", Some("zip archive")),
            (b"\xFD7zXZ\0\0", Some("xz file")),
            (b"BZh91AY&SY", Some("bzip2 file")),
            (b"BZh9 is how it starts", None),
            (b"%PDF-1.7", Some("PDF document")),
            (b"\x7FELF\x02", Some("program (ELF)")),
            (b"MZ\x90\0\x03", Some("program (Windows)")),
            (b"MZ,column,column", None),
            (b"SQLite format 3\0", Some("SQLite database")),
            (&tar, Some("tar archive")),
            (b"\x1f\x8b\x08\0", None),
            (b"<?xml version='1.0'?>", None),
        ];
        for (head, expected) in table {
            assert_eq!(sniff_container(head), *expected, "{}", head.escape_ascii());
        }
    }
}
