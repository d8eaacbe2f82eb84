//! Small data files, held once they were read: a warehouse of many days has many, and a night asks for them often.
//!
//! A data file never changes and its name is never given again, so what was read of it holds.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A file of at most so many bytes is a small one.
pub const SMALL_BYTES: u64 = 64 << 10;
/// So many bytes are held at most; what was read first goes first.
const HELD_BYTES: usize = 24 << 20;

/// What is held, shared by all who read a lake.
#[derive(Debug, Default)]
pub struct Held(Mutex<Files>);

#[derive(Default)]
struct Files {
    by_path: HashMap<Path, (ObjectMeta, Bytes)>,
    in_order: VecDeque<Path>,
    bytes: usize,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files of {} bytes", self.by_path.len(), self.bytes)
    }
}

impl Held {
    fn get(&self, path: &Path) -> Option<(ObjectMeta, Bytes)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_path.get(path).cloned()
    }

    fn put(&self, path: &Path, meta: ObjectMeta, bytes: Bytes) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = bytes.len();
        if files.by_path.insert(path.clone(), (meta, bytes)).is_some() {
            return;
        }
        files.bytes += size;
        files.in_order.push_back(path.clone());
        while files.bytes > HELD_BYTES
            && let Some(first) = files.in_order.pop_front()
        {
            let gone = files.by_path.remove(&first).map_or(0, |(_, bytes)| bytes.len());
            files.bytes -= gone;
        }
    }
}

/// A store of which the small files among those of one scan are read whole, and once.
#[derive(Debug)]
pub struct SmallFiles {
    store: Arc<dyn ObjectStore>,
    held: Arc<Held>,
    small: HashSet<Path>,
}

impl SmallFiles {
    pub fn new(store: Arc<dyn ObjectStore>, held: Arc<Held>, small: HashSet<Path>) -> Self {
        Self { store, held, small }
    }

    async fn whole(&self, path: &Path) -> Result<(ObjectMeta, Bytes)> {
        if let Some(found) = self.held.get(path) {
            return Ok(found);
        }
        let found = self.store.get_opts(path, GetOptions::default()).await?;
        let meta = found.meta.clone();
        let bytes = found.bytes().await?;
        self.held.put(path, meta.clone(), bytes.clone());
        Ok((meta, bytes))
    }
}

/// A part of a file; none where it does not have it.
fn part(bytes: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let (from, to) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
}

/// Whether a part of an object is asked for and nothing else.
fn is_plain(options: &GetOptions) -> Option<Range<u64>> {
    let GetOptions { range: Some(GetRange::Bounded(range)), .. } = options else { return None };
    let asks_more = options.if_match.is_some()
        || options.if_none_match.is_some()
        || options.if_modified_since.is_some()
        || options.if_unmodified_since.is_some()
        || options.version.is_some()
        || options.head;
    (!asks_more).then(|| range.clone())
}

impl fmt::Display for SmallFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "small files of {}", self.store)
    }
}

#[async_trait]
impl ObjectStore for SmallFiles {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let Some(range) = is_plain(&options).filter(|_| self.small.contains(location)) else {
            return self.store.get_opts(location, options).await;
        };
        let (meta, bytes) = self.whole(location).await?;
        let Some(found) = part(&bytes, &range) else { return self.store.get_opts(location, options).await };
        let payload = GetResultPayload::Stream(stream::iter([Ok(found)]).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::new() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if self.small.contains(location) {
            let (_, bytes) = self.whole(location).await?;
            if let Some(found) = ranges.iter().map(|range| part(&bytes, range)).collect() {
                return Ok(found);
            }
        }
        self.store.get_ranges(location, ranges).await
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.store.put_multipart_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.store.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.store.copy_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    async fn put(store: &InMemory, path: &Path, bytes: usize) {
        store.put(path, vec![7_u8; bytes].into()).await.unwrap();
    }

    #[tokio::test]
    async fn a_small_file_is_read_once_and_others_each_time() {
        let (store, held) = (Arc::new(InMemory::new()), Arc::new(Held::default()));
        let [small, large] = ["small", "large"].map(Path::from);
        put(&store, &small, 100).await;
        put(&store, &large, 100).await;
        let of_scan = || SmallFiles::new(store.clone(), held.clone(), HashSet::from([small.clone()]));
        for path in [&small, &large] {
            assert_eq!(of_scan().get_range(path, 10..20).await.unwrap(), vec![7; 10]);
            store.delete(path).await.unwrap();
        }
        assert_eq!(of_scan().get_ranges(&small, &[0..1, 90..100]).await.unwrap()[1], vec![7; 10]);
        assert!(of_scan().get_range(&large, 10..20).await.is_err());
        // What it does not have is the store's to refuse.
        assert!(of_scan().get_range(&small, 200..300).await.is_err());
    }

    #[tokio::test]
    async fn what_is_held_is_bounded() {
        let (store, held) = (Arc::new(InMemory::new()), Arc::new(Held::default()));
        let count = HELD_BYTES / SMALL_BYTES as usize + 3;
        let paths: Vec<Path> = (0..count).map(|number| Path::from(format!("file-{number}"))).collect();
        let reading = SmallFiles::new(store.clone(), held.clone(), paths.iter().cloned().collect());
        for path in &paths {
            put(&store, path, SMALL_BYTES as usize).await;
            reading.get_range(path, 0..1).await.unwrap();
            store.delete(path).await.unwrap();
        }
        let is_held = async |path: &Path| reading.get_range(path, 0..1).await.is_ok();
        assert!(!is_held(&paths[2]).await && is_held(&paths[3]).await);
        assert!(held.0.lock().unwrap().bytes <= HELD_BYTES);
    }
}
