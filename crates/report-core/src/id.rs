use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

/// The namespace of the ids that scanlift gives to vulnerabilities. It never changes: a new one
/// would change every id.
pub const ID_NAMESPACE: Uuid = Uuid::from_u128(0x8f4b_6c1e_52a7_5d1c_9b0e_3a6d_17f2_c845);

/// A name-based UUID (RFC 9562, section 5.5) over the parts, each ended by a unit separator so
/// that `["ab", "c"]` and `["a", "bc"]` differ.
#[must_use]
pub fn uuid_v5(namespace: Uuid, parts: &[&str]) -> Uuid {
    let mut sha1 = Sha1::new();
    sha1.update(namespace.as_bytes());
    for part in parts {
        sha1.update(part.as_bytes());
        sha1.update([0x1f]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha1.finalize()[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(uuid_v5(ID_NAMESPACE, &["ab", "c"]), uuid_v5(ID_NAMESPACE, &["a", "bc"]));
        assert_eq!(uuid_v5(ID_NAMESPACE, &["a"]).get_version_num(), 5);
    }
}
