//! What comes out of a source, for every way bytes can come in.

mod archive;

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use scanlift_convert_api::Input;
use scanlift_input::{Compression, HEAD, Limits, OpenError, Source, StreamError, sniff_container};

type TestResult = Result<(), Box<dyn Error>>;

const TEXT: &str = "{\"name\":\"Ünïcödé 🦀 \u{10FFFF} 漢字\"}\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("compress into memory");
    encoder.finish().expect("compress into memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// A skippable frame (RFC 8878 section 3.1.2).
fn skippable(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x53, 0x2A, 0x4D, 0x18];
    frame.extend_from_slice(&(content.len() as u32).to_le_bytes());
    frame.extend_from_slice(content);
    frame
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// Gives at most `step` bytes at a time, and an interruption before each.
struct Chunks<R> {
    reader: R,
    step: usize,
    interrupt: bool,
}

impl<R: Read> Chunks<R> {
    fn new(reader: R, step: usize) -> Self {
        let interrupt = false;
        Self { reader, step, interrupt }
    }
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let step = self.step.min(buf.len());
        self.reader.read(&mut buf[..step])
    }
}

fn source(bytes: &[u8]) -> Source {
    Source::stream(bytes, Some("test")).expect("in memory")
}

fn read(source: &Source) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads in steps, which moves every character across a buffer border.
fn read_in_steps(source: &Source, step: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Chunks::new(source.open()?, step).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn stream_error(source: &Source) -> StreamError {
    let error = read(source).expect_err("broken");
    error.into_inner().expect("a typed error").downcast().map(|error| *error).expect("a stream error")
}

fn encodings() -> Vec<(&'static str, Vec<u8>, String)> {
    let latin1 = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>";
    let latin1_bytes = [latin1.as_bytes(), b"\xFC\x80</a>"].concat();
    let xml16 = format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>{TEXT}</a>");
    let mut marked = vec![0xEF, 0xBB, 0xBF];
    marked.extend_from_slice(TEXT.as_bytes());
    let with_mark = format!("\u{FEFF}{TEXT}");
    let owned = TEXT.to_owned();
    vec![
        ("UTF-8", TEXT.into(), owned.clone()),
        ("UTF-8 with mark", marked, owned.clone()),
        ("UTF-16LE with mark", utf16(&with_mark, u16::to_le_bytes), owned.clone()),
        ("UTF-16BE with mark", utf16(&with_mark, u16::to_be_bytes), owned.clone()),
        ("UTF-16LE", utf16(TEXT, u16::to_le_bytes), owned.clone()),
        ("UTF-16BE", utf16(TEXT, u16::to_be_bytes), owned),
        ("UTF-16LE XML", utf16(&xml16, u16::to_le_bytes), xml16.clone()),
        ("UTF-8 XML that claims UTF-16", xml16.clone().into(), xml16),
        ("Latin-1 XML", latin1_bytes, format!("{latin1}ü€</a>")),
        ("nothing", Vec::new(), String::new()),
        ("a mark alone", b"\xEF\xBB\xBF".to_vec(), String::new()),
        ("half a UTF-16 mark", b"\xFF".to_vec(), "\u{FFFD}".into()),
    ]
}

#[test]
fn encodings_come_out_as_utf8() -> TestResult {
    for (name, bytes, expected) in encodings() {
        if name.starts_with("half") {
            // Plain bytes are the parser's business, bad ones too.
            assert_eq!(read(&source(&bytes))?, bytes);
            continue;
        }
        for packed in [bytes.clone(), gzip(&bytes), zstd(&bytes), gzip(&zstd(&bytes))] {
            let source = source(&packed);
            assert_eq!(String::from_utf8(read(&source)?)?, expected, "{name}");
            for step in 1..=7 {
                assert_eq!(read_in_steps(&source, step)?, expected.as_bytes(), "{name}");
            }
            assert_eq!(source.head()?, expected.as_bytes(), "{name}");
            assert_eq!(source.is_empty()?, expected.is_empty(), "{name}");
        }
    }
    Ok(())
}

/// Surrogate pairs at every offset from the transcoder's buffer border (64 KiB) and the prefix's.
#[test]
fn surrogate_pairs_survive_buffer_borders() -> TestResult {
    for padding in 0..4 {
        let mut text = "x".repeat(2 + padding);
        while text.len() < 300_000 {
            text.push_str("🦀é\u{10FFFF}");
        }
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = utf16(&text, order);
            assert!(read(&source(&bytes))? == text.as_bytes());
            assert!(read_in_steps(&source(&gzip(&bytes)), 65_537)? == text.as_bytes());
        }
    }
    Ok(())
}

#[test]
fn utf32_is_refused() {
    for bytes in
        [&b"\xFF\xFE\0\0{\0\0\0}\0\0\0"[..], b"\0\0\xFE\xFF\0\0\0{", b"{\0\0\0}\0\0\0", b"\0\0\0{\0\0\0}"]
    {
        assert!(matches!(stream_error(&source(bytes)), StreamError::Utf32));
    }
}

#[test]
fn members_and_frames_follow_each_other() -> TestResult {
    let (one, two) = (TEXT.repeat(5000), "second".repeat(3));
    let expected = format!("{one}{two}");
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let nothing: &[u8] = b"";
    let table = [
        ("gzip members", [gzip(one), gzip(nothing), gzip(two)].concat()),
        ("zstd frames", [zstd(one), zstd(nothing), zstd(two)].concat()),
        (
            "skippable frames",
            [
                skippable(b"index"),
                zstd(one),
                skippable(nothing),
                skippable(&[0; 70_000]),
                zstd(two),
                skippable(b"end"),
            ]
            .concat(),
        ),
    ];
    for (name, packed) in table {
        for step in [1, 5, 4096] {
            let source = Source::stream(Chunks::new(&packed[..], step), None)?;
            assert!(read(&source)? == expected.as_bytes(), "{name}");
            assert!(read_in_steps(&source, step)? == expected.as_bytes(), "{name}");
        }
    }
    assert_eq!(read(&source(&skippable(b"only")))?, b"");
    Ok(())
}

#[test]
fn a_cut_anywhere_is_an_error() -> TestResult {
    let text = TEXT.repeat(50);
    let noise: Vec<u8> = (0_u32..3000).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for content in [text.as_bytes(), &noise] {
        for (compression, packed) in [
            (Compression::Gzip, gzip(content)),
            (Compression::Zstd, zstd(content)),
            (Compression::Zstd, [skippable(b"12"), zstd(content)].concat()),
        ] {
            for cut in 4..packed.len() {
                if cut == 10 && packed[0] == 0x53 {
                    continue; // a whole skippable frame, and nothing after it
                }
                let error = read(&source(&packed[..cut])).expect_err("cut off");
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{cut}: {error}");
                match StreamError::of(&error) {
                    Some(StreamError::CutOff { compression: found, compressed }) => {
                        assert_eq!((*found, *compressed), (compression, cut as u64))
                    }
                    other => panic!("{compression} at {cut}: {other:?}"),
                }
            }
        }
    }
    let error = read(&source(&gzip(TEXT.as_bytes())[..30])).expect_err("cut off");
    assert_eq!(error.to_string(), "the gzip stream is cut off after 30 compressed bytes");
    Ok(())
}

/// No bit of a gzip or zstd stream with a checksum can be turned without a panic or wrong bytes.
#[test]
fn damage_is_an_error_or_harmless() {
    let text = TEXT.repeat(20);
    for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match read(&source(&damaged)) {
                // The name, time and system of a gzip header, or no longer taken for compressed.
                Ok(bytes) => assert!(bytes == text.as_bytes() || bit < 8 * 10, "bit {bit}"),
                Err(error) => assert!(StreamError::of(&error).is_some(), "bit {bit}: {error}"),
            }
        }
    }
}

#[test]
fn what_follows_the_end_is_an_error() {
    for packed in [gzip(b"[]"), zstd(b"[]")] {
        let error = stream_error(&source(&[&packed[..], b"and more than a header"].concat()));
        assert!(matches!(error, StreamError::Damaged { decompressed: 2, .. }), "{error:?}");
    }
}

#[test]
fn an_error_stays_one() -> TestResult {
    let packed = gzip(TEXT.repeat(50).as_bytes());
    let source = source(&packed[..packed.len() - 1]);
    let mut stream = source.open()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect_err("cut off");
    let again = stream.read(&mut [0; 9]).expect_err("failed before");
    assert!(matches!(StreamError::of(&again), Some(StreamError::Failed { .. })));
    Ok(())
}

#[test]
fn bombs_are_stopped() -> TestResult {
    let zeros = vec![b' '; 4 << 20];
    for packed in [gzip(&zeros), zstd(&zeros), gzip(&gzip(&zeros))] {
        let mut limits = Limits::default();
        assert_eq!(read(&source(&packed).with_limits(limits))?.len(), zeros.len());

        limits.decompressed = zeros.len() as u64;
        assert_eq!(read(&source(&packed).with_limits(limits))?.len(), zeros.len());
        limits.decompressed -= 1;
        let error = stream_error(&source(&packed).with_limits(limits));
        assert!(matches!(error, StreamError::TooLarge { limit: 4_194_303, .. }));

        let mut limits = Limits::default();
        limits.ratio = 20;
        limits.ratio_from = 1 << 20;
        let error = stream_error(&source(&packed).with_limits(limits));
        assert!(matches!(error, StreamError::TooDense { limit: 20, .. }), "{error}");
        limits.ratio_from = 4 << 20;
        assert!(read(&source(&packed).with_limits(limits)).is_ok());
    }
    Ok(())
}

/// A frame header with a window of 2^27 bytes, then one of a size that the spec's maximum allows.
#[test]
fn a_hostile_zstd_window_is_refused_before_it_is_allocated() -> TestResult {
    let frame = |window: u8| {
        let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0, window];
        frame.extend_from_slice(&[(2 << 3) | 1, 0, 0]); // last block, raw, two bytes
        frame.extend_from_slice(b"{}");
        frame
    };
    assert_eq!(read(&source(&frame(17 << 3)))?, b"{}");
    for (descriptor, expected) in
        [((17 << 3) | 1, (1 << 27) + (1 << 24)), (31 << 3, 1 << 41), (0xF8 | 6, (1 << 41) + 6 * (1 << 38))]
    {
        match stream_error(&source(&frame(descriptor))) {
            StreamError::Window { window, limit } => {
                assert_eq!((window, limit), (expected, 1 << 27));
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}

#[test]
fn a_zstd_dictionary_is_named() {
    let frame = b"\x28\xB5\x2F\xFD\x01\x00\x2A\x11\0\0{}";
    assert!(matches!(stream_error(&source(frame)), StreamError::Dictionary { id: 42 }));
}

#[test]
fn a_checksum_that_does_not_hold_is_damage() {
    let mut frame = b"\x28\xB5\x2F\xFD\x04\x00\x11\0\0{}".to_vec();
    frame.extend_from_slice(&[1, 2, 3, 4]);
    let error = stream_error(&source(&frame));
    let cause = error.source().expect("a cause").to_string();
    assert_eq!(cause, "the checksum does not match");
    assert!(error.to_string().starts_with("the zstd stream is damaged"));
}

#[test]
fn three_layers_are_one_too_many() {
    let packed = gzip(&gzip(&gzip(b"{}")));
    assert!(matches!(stream_error(&source(&packed)), StreamError::Nested { limit: 2 }));
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

#[test]
fn a_file_is_read_as_often_as_asked() -> TestResult {
    let folder = Folder::new()?;
    let text = TEXT.repeat(10_000);
    for (name, bytes) in [
        ("plain.json", text.clone().into_bytes()),
        ("gzip.data", gzip(text.as_bytes())),
        ("zstd.data", zstd(text.as_bytes())),
    ] {
        let path = folder.write(name, &bytes)?;
        let source = Source::file(&path)?;
        assert_eq!(source.name(), Some(name));
        assert_eq!(source.path(), Some(path.as_path()));
        let progress = source.progress();
        assert_eq!((progress.consumed(), progress.total()), (0, Some(bytes.len() as u64)));
        assert_eq!(source.head()?.len(), HEAD);
        assert_eq!(source.sha256()?.bytes, bytes.len() as u64);
        assert_eq!(progress.consumed(), 0);
        for _ in 0..2 {
            let mut stream = source.open()?;
            assert!(progress.consumed() < 200_000);
            let mut read = Vec::new();
            stream.read_to_end(&mut read)?;
            assert!(read == text.as_bytes());
            assert_eq!(progress.consumed(), bytes.len() as u64);
        }
    }
    Ok(())
}

#[test]
fn a_stream_is_read_as_often_as_asked() -> TestResult {
    let text = TEXT.repeat(50_000); // over 1 MiB: on the disk
    for step in [3, 100_000] {
        let source = Source::stream(Chunks::new(text.as_bytes(), step), None)?;
        assert_eq!((source.name(), source.path()), (None, None));
        assert_eq!(source.progress().total(), Some(text.len() as u64));
        let mut half = vec![0; 1000];
        let mut first = source.open()?;
        first.read_exact(&mut half)?;
        assert!(read(&source)? == text.as_bytes());
        let mut rest = Vec::new();
        first.read_to_end(&mut rest)?;
        assert!([half, rest].concat() == text.as_bytes());
    }
    Ok(())
}

/// In every encoding, plain text among them, which is not read from its beginning.
#[test]
fn a_part_is_read_alone_and_stays_in_its_place() -> TestResult {
    let text = "log\n[{\"ä\":1}, {\"b\":2}]\nDone.\n";
    let at = |part: &str| text.find(part).map(|at| at as u64).ok_or("no such part");
    let (list, first, second, end) = (at("[")?, at("{\"ä")?, at("{\"b")?, at("]")?);
    for bytes in [
        text.as_bytes().to_vec(),
        [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(),
        utf16(text, u16::to_le_bytes),
        gzip(text.as_bytes()),
        zstd(&gzip(text.as_bytes())),
    ] {
        let all = source(&bytes).without_preamble(list);
        assert_eq!(read(&all)?, &text.as_bytes()[4..]);
        let part = all.within(&(second - list..end - list));
        assert_eq!(read(&part)?, b"{\"b\":2}");
        assert_eq!(read(&all.within(&(first - list..second - list)))?, "{\"ä\":1}, ".as_bytes());
        assert_eq!((part.head()?, part.start()), (b"{\"b\":2}".to_vec(), second));
        assert_eq!((part.name(), part.progress().total()), (Some("test"), Some(7)));
        let mut whole = String::new();
        part.whole()?.read_to_string(&mut whole)?;
        assert_eq!(whole, text);
        assert_eq!((part.sha256()?, part.sha256()?), (all.sha256()?, source(&bytes).sha256()?));
        // Stopping the file stops its parts.
        all.progress().stop();
        assert!(matches!(stream_error(&part), StreamError::Stopped));
    }
    Ok(())
}

#[test]
fn base64_in_a_text_is_read_as_what_it_spells() -> TestResult {
    let statement = TEXT.repeat(5000);
    let spelled = base64_of(statement.as_bytes());
    let text = format!("log\n{{\"payload\":\"{spelled}\"}}\n");
    let start = text.find(&spelled).ok_or("no payload")? as u64 - 4;
    let end = start + spelled.len() as u64;
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let envelope = source(&bytes).without_preamble(4);
        let payload = envelope.payload(&(start..end));
        assert!(read(&payload)? == statement.as_bytes());
        for step in [1, 65_537] {
            assert!(read_in_steps(&payload, step)? == statement.as_bytes());
        }
        assert_eq!((payload.head()?.len(), payload.start()), (HEAD, 0));
        let part = payload.within(&(100_000..100_010));
        assert_eq!(read(&part)?, &statement.as_bytes()[100_000..100_010]);
        let mut whole = Vec::new();
        part.whole()?.read_to_end(&mut whole)?;
        assert!(whole == statement.as_bytes());
        // The quote behind it is no base64.
        let wrong = envelope.payload(&(start..end + 1));
        assert!(matches!(stream_error(&wrong), StreamError::Base64));
    }
    Ok(())
}

#[test]
fn base64_is_read_in_either_alphabet_and_from_a_string_of_json() -> TestResult {
    let statement = "~?>???a".repeat(20_000);
    let spelled = base64_of(statement.as_bytes());
    assert!(spelled.contains('+') && spelled.contains('/') && spelled.ends_with('='));
    let of_urls = spelled.replace('+', "-").replace('/', "_");
    for text in [of_urls.trim_end_matches('='), &of_urls, &spelled.replace('/', "\\/")] {
        let quoted = format!("\"{text}\"");
        let payload = source(quoted.as_bytes()).payload(&(1..quoted.len() as u64 - 1));
        assert!(read(&payload)? == statement.as_bytes());
    }
    for wrong in ["YWJj\\nYWJj", "YWJjY", "YWJj\u{e9}", "YW\\-j"] {
        let payload = source(wrong.as_bytes()).payload(&(0..wrong.len() as u64));
        assert!(matches!(stream_error(&payload), StreamError::Base64), "{wrong}");
    }
    Ok(())
}

/// RFC 4648 section 4.
fn base64_of(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4 {
            let digit = ((bits >> (18 - 6 * place)) & 63) as usize;
            text.push(if place > group.len() { '=' } else { char::from(ALPHABET[digit]) });
        }
    }
    text
}

#[test]
fn words_read_as_blanks() -> TestResult {
    let text = "log\n{1}\nwords ü\n{2}Done\n";
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let source = source(&bytes).without_preamble(4).without_words(&[4..12, 16..20]);
        for step in 1..=9 {
            assert_eq!(String::from_utf8(read_in_steps(&source, step)?)?, "{1}\n        \n{2}    \n");
        }
        assert_eq!(String::from_utf8(read(&source.within(&(10..16)))?)?, "  \n{2}");
        let less = source.without_words(std::slice::from_ref(&(1..2)));
        assert_eq!(String::from_utf8(read(&less)?)?, "{ }\n        \n{2}    \n");
    }
    Ok(())
}

#[test]
fn the_digest_is_that_of_the_original_bytes() -> TestResult {
    let digest = source(b"abc").sha256()?;
    assert_eq!(
        (digest.hex().as_str(), digest.bytes),
        ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)
    );
    let packed = gzip(b"abc");
    assert_eq!(source(&packed).sha256()?.bytes, packed.len() as u64);
    let empty = source(b"").sha256()?;
    assert!(empty.hex().starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    Ok(())
}

#[test]
fn white_space_alone_is_empty() -> TestResult {
    let wide = " \n".repeat(100_000);
    for (bytes, expected) in [
        (b"".to_vec(), true),
        (b" \t\r\n".to_vec(), true),
        (b"\xEF\xBB\xBF\n".to_vec(), true),
        (b"\xFF\xFE \0\n\0".to_vec(), true),
        (wide.clone().into_bytes(), true),
        (gzip(b"\n"), true),
        (b"0".to_vec(), false),
        (format!("{wide}{{").into_bytes(), false),
    ] {
        assert_eq!(source(&bytes).is_empty()?, expected);
    }
    Ok(())
}

#[test]
fn an_archive_inside_is_told_from_the_head() -> TestResult {
    let mut tar = b"a.sarif".to_vec();
    tar.resize(257, 0);
    tar.extend_from_slice(b"ustar\x0000");
    tar.resize(1024, 0);
    assert_eq!(sniff_container(&source(&gzip(&tar)).head()?), Some("tar archive"));
    let broken =
        source(b"PK\x03\x04\x0A\0\0\0").head().expect_err("zip archives are read, and this one is cut off");
    assert!(broken.to_string().contains("Zip"), "{broken}");
    Ok(())
}

#[test]
fn what_cannot_be_opened_says_why() -> TestResult {
    let folder = Folder::new()?;
    let missing = Source::file(folder.0.path().join("none.json")).expect_err("missing");
    assert!(matches!(missing, OpenError::NotFound { .. }));
    assert_eq!(missing.io().kind(), io::ErrorKind::NotFound);
    assert!(missing.to_string().ends_with("none.json: there is no such file"));

    let directory = Source::file(folder.0.path()).expect_err("a directory");
    assert!(matches!(directory, OpenError::Directory { .. }));
    assert!(directory.to_string().ends_with("it is a directory, where a file is expected"));

    let file = folder.write("file", b"")?;
    let below = Source::file(file.join("below")).expect_err("below a file");
    assert!(matches!(below, OpenError::NotFound { .. }), "{below:?}");
    Ok(())
}

#[test]
fn a_file_that_goes_away_is_an_error() -> TestResult {
    let folder = Folder::new()?;
    let path = folder.write("gone.json", b"{}")?;
    let source = Source::file(&path)?;
    fs::remove_file(path)?;
    assert_eq!(read(&source).expect_err("gone").kind(), io::ErrorKind::NotFound);
    Ok(())
}

#[test]
fn a_broken_pipe_keeps_its_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer"))
        }
    }
    let half = gzip(TEXT.as_bytes());
    let error = Source::stream((&half[..20]).chain(Broken), Some("pipe")).expect_err("broken");
    assert!(matches!(error, OpenError::Stream { .. }));
    assert_eq!(error.io().to_string(), "reset by peer");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    #[test]
    fn no_permission_is_named() -> TestResult {
        let folder = Folder::new()?;
        let path = folder.write("secret.json", b"{}")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000))?;
        // Root reads everything.
        if let Err(error) = Source::file(&path) {
            assert!(matches!(error, OpenError::Denied { .. }));
        }
        Ok(())
    }

    #[test]
    fn a_named_pipe_is_copied_once() -> TestResult {
        let folder = Folder::new()?;
        let path = folder.0.path().join("pipe");
        if !Command::new("mkfifo").arg(&path).status()?.success() {
            return Ok(());
        }
        let target = path.clone();
        let writer = std::thread::spawn(move || fs::write(target, gzip(TEXT.as_bytes())));
        let source = Source::file(&path)?;
        writer.join().expect("written")?;
        assert_eq!((source.name(), source.path()), (None, None));
        for _ in 0..2 {
            assert_eq!(read(&source)?, TEXT.as_bytes());
        }
        Ok(())
    }
}

#[test]
fn sources_go_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Source>();
    shared::<OpenError>();
    shared::<StreamError>();
}
