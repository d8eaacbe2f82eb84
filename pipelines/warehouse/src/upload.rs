//! Pieces of a file onto the store: in one request if it is small, else in parts.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::sync::mpsc::Receiver;

use crate::{Error, Result};

/// Size of a part; all but the last are equal, as some stores ask for.
const PART_BYTES: usize = 8 << 20;
/// Parts under way at the same time.
const PARTS_UNDER_WAY: usize = 4;

/// A piece of a file.
pub enum Chunk {
    Data(Bytes),
    /// The file is whole.
    End,
}

/// Stores the pieces as one object. Nothing is stored if they end without [`Chunk::End`].
pub async fn upload(store: Arc<dyn ObjectStore>, path: Path, mut chunks: Receiver<Chunk>) -> Result<()> {
    let mut first = Vec::new();
    while first.iter().map(Bytes::len).sum::<usize>() < PART_BYTES {
        match chunks.recv().await {
            Some(Chunk::Data(piece)) => first.push(piece),
            Some(Chunk::End) => {
                store.put(&path, PutPayload::from_iter(first)).await?;
                return Ok(());
            }
            None => return Err(abandoned(&path)),
        }
    }
    let mut parts = WriteMultipart::new_with_chunk_size(store.put_multipart(&path).await?, PART_BYTES);
    first.into_iter().for_each(|piece| parts.put(piece));
    loop {
        match chunks.recv().await {
            Some(Chunk::Data(piece)) => {
                parts.wait_for_capacity(PARTS_UNDER_WAY).await?;
                parts.put(piece);
            }
            Some(Chunk::End) => {
                parts.finish().await?;
                return Ok(());
            }
            None => {
                parts.abort().await?;
                return Err(abandoned(&path));
            }
        }
    }
}

fn abandoned(path: &Path) -> Error {
    Error::internal(format!("{path}: the writer was dropped"))
}
