//! Finds where a value ends, without parsing it.
//!
//! Objects and arrays are scanned in blocks of 64 bytes: four bit masks (backslash, quote, opening and closing bracket)
//! are computed with SIMD compares, and all the rest is arithmetic on 64-bit words.
//! Only brackets outside strings are counted: what stands between them is the parser's business.

use memchr::memchr2;
use wide::u8x16;

const BLOCK: usize = 64;

/// How far a scan came with the bytes it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The value ends before this byte.
    End(usize),
    /// The value goes on: this many bytes are done with, the rest must be given again with more behind it.
    More(usize),
    /// The value is nested too deep.
    TooDeep,
}

/// A scan for the end of one value, fed with consecutive bytes.
#[derive(Clone, Debug)]
pub(super) enum Scan {
    /// Inside objects and arrays.
    Nested(Nested),
    /// Inside a string, behind its opening quote.
    Text,
    /// Inside a number or a literal.
    Scalar,
}

impl Scan {
    /// The scan that starts behind `open` brackets that are to be closed, with at most `room` open at a time.
    pub(super) fn nested(open: usize, room: usize) -> Self {
        Self::Nested(Nested {
            depth: u32::try_from(open).unwrap_or(u32::MAX),
            room: u32::try_from(room).unwrap_or(u32::MAX),
            in_text: 0,
            escaped: 0,
        })
    }

    pub(super) fn advance(&mut self, bytes: &[u8]) -> Progress {
        match self {
            Self::Nested(nested) => nested.advance(bytes),
            Self::Text => text_end(bytes),
            Self::Scalar => scalar_end(bytes),
        }
    }
}

fn text_end(bytes: &[u8]) -> Progress {
    let mut at = 0;
    while let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            return Progress::End(at + 1);
        }
        if at + 1 == bytes.len() {
            return Progress::More(at);
        }
        at += 2;
    }
    Progress::More(bytes.len())
}

fn scalar_end(bytes: &[u8]) -> Progress {
    let ends = |byte: &u8| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.');
    match bytes.iter().position(ends) {
        Some(end) => Progress::End(end),
        None => Progress::More(bytes.len()),
    }
}

/// State between two blocks.
#[derive(Clone, Debug)]
pub(super) struct Nested {
    /// Brackets open now.
    depth: u32,
    /// Brackets that may be open.
    room: u32,
    /// All ones inside a string.
    in_text: u64,
    /// 1 when the first byte of the next block is escaped.
    escaped: u64,
}

impl Nested {
    fn advance(&mut self, bytes: &[u8]) -> Progress {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut done = 0;
        for block in blocks {
            match self.step(&Masks::of(block)) {
                None => done += BLOCK,
                Some(Stop::Closed(bit)) => return Progress::End(done + bit + 1),
                Some(Stop::TooDeep) => return Progress::TooDeep,
            }
        }
        if rest.is_empty() {
            return Progress::More(done);
        }
        // Try the rest as if white space followed; when that is not the end, it comes again.
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        match self.clone().step(&Masks::of(&block)) {
            None => Progress::More(done),
            Some(Stop::Closed(bit)) => Progress::End(done + bit + 1),
            Some(Stop::TooDeep) => Progress::TooDeep,
        }
    }

    #[inline]
    fn step(&mut self, masks: &Masks) -> Option<Stop> {
        let quote = masks.quote & !escaped(masks.backslash, &mut self.escaped);
        let in_text = prefix_xor(quote) ^ self.in_text;
        self.in_text = 0_u64.wrapping_sub(in_text >> 63);
        let (open, close) = (masks.open & !in_text, masks.close & !in_text);
        if open | close == 0 {
            return None;
        }
        let (opened, closed) = (open.count_ones(), close.count_ones());
        if closed < self.depth && self.depth.saturating_add(opened) <= self.room {
            self.depth = self.depth + opened - closed;
            return None;
        }
        self.step_by_bracket(open, close)
    }

    /// The same bracket by bracket, for a block in which the value may end or get too deep.
    #[inline]
    fn step_by_bracket(&mut self, open: u64, close: u64) -> Option<Stop> {
        let mut brackets = open | close;
        while brackets != 0 {
            let bracket = brackets & brackets.wrapping_neg();
            brackets ^= bracket;
            if open & bracket != 0 {
                if self.depth >= self.room {
                    return Some(Stop::TooDeep);
                }
                self.depth += 1;
            } else {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Some(Stop::Closed(bracket.trailing_zeros() as usize));
                }
            }
        }
        None
    }
}

enum Stop {
    /// The bit of the bracket that closes the value.
    Closed(usize),
    TooDeep,
}

/// One bit per byte of a block.
struct Masks {
    backslash: u64,
    quote: u64,
    open: u64,
    close: u64,
}

impl Masks {
    #[inline]
    fn of(block: &[u8; BLOCK]) -> Self {
        let (lanes, _) = block.as_chunks::<16>();
        let mut masks = Self { backslash: 0, quote: 0, open: 0, close: 0 };
        for (lane, shift) in lanes.iter().zip([0, 16, 32, 48]) {
            let bytes = u8x16::new(*lane);
            // This bit is all that tells `[` from `{`, and `]` from `}`.
            let folded = bytes | u8x16::splat(0x20);
            let bits =
                |bytes: u8x16, byte: u8| u64::from(bytes.simd_eq(u8x16::splat(byte)).to_bitmask()) << shift;
            masks.backslash |= bits(bytes, b'\\');
            masks.quote |= bits(bytes, b'"');
            masks.open |= bits(folded, b'{');
            masks.close |= bits(folded, b'}');
        }
        masks
    }
}

/// The bytes that follow an odd run of backslashes.
#[inline]
fn escaped(backslash: u64, carry: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    if backslash == 0 {
        return std::mem::take(carry);
    }
    let backslash = backslash & !*carry;
    let follows = (backslash << 1) | *carry;
    let (sum, over) = (backslash & !EVEN & !follows).overflowing_add(backslash);
    *carry = u64::from(over);
    (EVEN ^ (sum << 1)) & follows
}

/// Each bit becomes the xor of itself and all lower ones: quotes become the text between them.
#[inline]
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
