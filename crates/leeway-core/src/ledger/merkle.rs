//! The Merkle tree of RFC 6962, section 2.1, over SHA-256: leaves, roots, and a frontier that
//! appends in logarithmic time.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256 over 0x00 ‖ data.
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    hasher.finalize().into()
}

/// Hash of an inner node: SHA-256 over 0x01 ‖ left ‖ right.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The roots of the perfect subtrees of a growing tree, largest first: all it takes to append and
/// to give the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Appends a leaf's hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self
                .subtrees
                .pop()
                .expect("INVARIANT: one subtree per set bit of the size");
            node = node_hash(&left, &node);
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's root; for an empty tree the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(last) = subtrees.next() else {
            return Sha256::digest([]).into();
        };
        subtrees.fold(*last, |right, left| node_hash(left, &right))
    }

    /// For storing: the subtrees, one after another.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.subtrees.concat()
    }

    /// Reads what [`Self::to_bytes`] gave. `None` when the bytes do not fit the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (subtrees, rest) = bytes.as_chunks::<32>();
        (rest.is_empty() && subtrees.len() == size.count_ones() as usize).then(|| Self {
            size,
            subtrees: subtrees.to_vec(),
        })
    }
}
