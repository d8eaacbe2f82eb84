//! Playback sessions, from the player.

use std::borrow::Cow;

use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{CODECS, Rows, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

const INTERACTIONS: &[&str] = &["LIKE", "COMMENT", "SHARE", "FOLLOW"];
const REFERRERS: &[&str] = &["FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"];
const NETWORKS: &[&str] = &["3G", "4G", "5G", "WIFI", "WIRED"];
const DEVICES: &[&str] = &["PHONE", "TABLET", "DESKTOP", "TV"];
const CHOOSERS: &[&str] = &["POLICY", "RANDOM"];

pub struct PlaybackRows {
    session_id: Texts,
    viewer: Texts,
    creator: Texts,
    content_id: Texts,
    started_at: TimestampMicrosecondBuilder,
    watch_ms: Int64Builder,
    completed: BooleanBuilder,
    interactions: Lists,
    interaction: Texts,
    region: Texts,
    language: Texts,
    referrer: Texts,
    network: Texts,
    device: DeviceColumns,
    data_saver: BooleanBuilder,
    preferred_height_max: Int64Builder,
    startup_ms: Int64Builder,
    rebuffer_ms: Int64Builder,
    rebuffer_count: Int64Builder,
    switches: Int64Builder,
    mean_bitrate_kbps: Float64Builder,
    probes: Lists,
    probe: ProbeColumns,
}

impl Default for PlaybackRows {
    fn default() -> Self {
        Self {
            session_id: Texts::new(),
            viewer: Texts::new(),
            creator: Texts::new(),
            content_id: Texts::new(),
            started_at: columns::instants(),
            watch_ms: Int64Builder::new(),
            completed: BooleanBuilder::new(),
            interactions: Lists::default(),
            interaction: Texts::new(),
            region: Texts::new(),
            language: Texts::new(),
            referrer: Texts::new(),
            network: Texts::new(),
            device: DeviceColumns::default(),
            data_saver: BooleanBuilder::new(),
            preferred_height_max: Int64Builder::new(),
            startup_ms: Int64Builder::new(),
            rebuffer_ms: Int64Builder::new(),
            rebuffer_count: Int64Builder::new(),
            switches: Int64Builder::new(),
            mean_bitrate_kbps: Float64Builder::new(),
            probes: Lists::default(),
            probe: ProbeColumns::default(),
        }
    }
}

#[derive(Default)]
struct DeviceColumns {
    class: Texts,
    width_max: Int64Builder,
    height_max: Int64Builder,
    framerate_max: Float64Builder,
    codecs: Lists,
    codec: Texts,
}

#[derive(Default)]
struct ProbeColumns {
    node_id: Texts,
    rtt_ms: Float64Builder,
    throughput_kbps: Float64Builder,
    chosen_by: Texts,
    propensity: Float64Builder,
}

#[derive(Default)]
struct Device {
    class: Option<&'static str>,
    width_max: Option<i64>,
    height_max: Option<i64>,
    framerate_max: Option<f64>,
    codecs: Option<Vec<&'static str>>,
}

fn device(value: Value<'_>, name: &str) -> Result<Device, Rejection> {
    let value = field::object(value, name)?;
    members!(value => class = "class", width = "max_width", height = "max_height",
        framerate = "max_framerate", codecs = "codecs");
    let codec = |item| field::listed(item, "device.codecs", CODECS);
    let codecs = maybe(codecs, "device.codecs", field::array)?;
    Ok(Device {
        class: maybe(class, "device.class", |value, name| field::listed(value, name, DEVICES))?,
        width_max: maybe(width, "device.max_width", field::integer)?,
        height_max: maybe(height, "device.max_height", field::integer)?,
        framerate_max: maybe(framerate, "device.max_framerate", field::float)?,
        codecs: codecs.map(|list| list.items().map(codec).collect()).transpose()?,
    })
}

type Preferences = (Option<bool>, Option<i64>);

fn preferences(value: Value<'_>, name: &str) -> Result<Preferences, Rejection> {
    let value = field::object(value, name)?;
    members!(value => data_saver = "data_saver", height = "max_height");
    let data_saver = maybe(data_saver, "preferences.data_saver", field::boolean)?;
    Ok((data_saver, maybe(height, "preferences.max_height", field::integer)?))
}

#[derive(Default)]
struct Experience {
    startup_ms: Option<i64>,
    rebuffer_ms: Option<i64>,
    rebuffer_count: Option<i64>,
    switches: Option<i64>,
    mean_bitrate_kbps: Option<f64>,
}

fn experience(value: Value<'_>, name: &str) -> Result<Experience, Rejection> {
    let value = field::object(value, name)?;
    members!(value => startup = "startup_ms", rebuffer = "rebuffer_ms", count = "rebuffer_count",
        switches = "switches", bitrate = "mean_bitrate_kbps");
    Ok(Experience {
        startup_ms: maybe(startup, "qoe.startup_ms", field::integer)?,
        rebuffer_ms: maybe(rebuffer, "qoe.rebuffer_ms", field::integer)?,
        rebuffer_count: maybe(count, "qoe.rebuffer_count", field::integer)?,
        switches: maybe(switches, "qoe.switches", field::integer)?,
        mean_bitrate_kbps: maybe(bitrate, "qoe.mean_bitrate_kbps", field::float)?,
    })
}

struct Probe<'a> {
    node_id: Option<Cow<'a, str>>,
    rtt_ms: Option<f64>,
    throughput_kbps: Option<f64>,
    chosen_by: Option<&'static str>,
    propensity: Option<f64>,
}

fn probe(value: Value<'_>) -> Result<Probe<'_>, Rejection> {
    let value = field::object(value, "probes")?;
    members!(value => node_id = "node_id", rtt = "rtt_ms", throughput = "throughput_kbps",
        chosen_by = "chosen_by", propensity = "propensity");
    Ok(Probe {
        node_id: maybe(node_id, "probes.node_id", field::text)?,
        rtt_ms: maybe(rtt, "probes.rtt_ms", field::float)?,
        throughput_kbps: maybe(throughput, "probes.throughput_kbps", field::float)?,
        chosen_by: maybe(chosen_by, "probes.chosen_by", |value, name| field::listed(value, name, CHOOSERS))?,
        propensity: maybe(propensity, "probes.propensity", field::float)?,
    })
}

impl Rows for PlaybackRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => session_id = "session_id", viewer = "viewer", creator = "creator",
            content_id = "content_id", started_at = "started_at", watch_ms = "watch_ms",
            completed = "completed", interactions = "interactions", region = "region",
            language = "language", referrer = "referrer", network = "network", shown_on = "device",
            preferred = "preferences", qoe = "qoe", probes = "probes");
        let session_id = field::text(required(session_id, "session_id")?, "session_id")?;
        let viewer = field::party(required(viewer, "viewer")?, "viewer")?;
        let creator = field::party(required(creator, "creator")?, "creator")?;
        let content_id = field::text(required(content_id, "content_id")?, "content_id")?;
        let started_at = field::instant(required(started_at, "started_at")?, "started_at")?;
        let watch_ms = field::integer(required(watch_ms, "watch_ms")?, "watch_ms")?;
        let completed = field::boolean(required(completed, "completed")?, "completed")?;
        let list = field::array(required(interactions, "interactions")?, "interactions")?;
        let interaction = |item| field::listed(item, "interactions", INTERACTIONS);
        let interactions = list.items().map(interaction).collect::<Result<Vec<_>, _>>()?;
        let region = maybe(region, "region", field::text)?;
        let language = maybe(language, "language", field::text)?;
        let referrer = maybe(referrer, "referrer", |value, name| field::listed(value, name, REFERRERS))?;
        let network = maybe(network, "network", |value, name| field::listed(value, name, NETWORKS))?;
        let device = maybe(shown_on, "device", device)?.unwrap_or_default();
        let (data_saver, height_max) = maybe(preferred, "preferences", preferences)?.unwrap_or_default();
        let experience = maybe(qoe, "qoe", experience)?.unwrap_or_default();
        let probes = maybe(probes, "probes", field::array)?;
        let probes = probes.map(|list| list.items().map(probe).collect::<Result<Vec<_>, _>>()).transpose()?;

        let key = hash_of(&session_id);
        self.session_id.append_value(session_id);
        self.viewer.append_value(viewer);
        self.creator.append_value(creator);
        self.content_id.append_value(content_id);
        self.started_at.append_value(started_at);
        self.watch_ms.append_value(watch_ms);
        self.completed.append_value(completed);
        self.interactions.push(interactions.len());
        interactions.into_iter().for_each(|interaction| self.interaction.append_value(interaction));
        self.region.append_option(region);
        self.language.append_option(language);
        self.referrer.append_option(referrer);
        self.network.append_option(network);
        self.device.push(device);
        self.data_saver.append_option(data_saver);
        self.preferred_height_max.append_option(height_max);
        self.startup_ms.append_option(experience.startup_ms);
        self.rebuffer_ms.append_option(experience.rebuffer_ms);
        self.rebuffer_count.append_option(experience.rebuffer_count);
        self.switches.append_option(experience.switches);
        self.mean_bitrate_kbps.append_option(experience.mean_bitrate_kbps);
        match probes {
            None => self.probes.push_null(),
            Some(probes) => {
                self.probes.push(probes.len());
                probes.into_iter().for_each(|probe| self.probe.push(probe));
            }
        }
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut columns = finished![
            chunk;
            self.session_id,
            self.viewer,
            self.creator,
            self.content_id,
            self.started_at,
            self.watch_ms,
            self.completed
        ];
        columns.push(self.interactions.finish(self.interaction.finish(chunk)?));
        columns.extend(finished![chunk; self.region, self.language, self.referrer, self.network]);
        columns.extend(self.device.finish(chunk)?);
        columns.extend(finished![
            chunk;
            self.data_saver,
            self.preferred_height_max,
            self.startup_ms,
            self.rebuffer_ms,
            self.rebuffer_count,
            self.switches,
            self.mean_bitrate_kbps
        ]);
        columns.push(self.probes.finish(self.probe.finish(chunk)?));
        Ok(columns)
    }
}

impl DeviceColumns {
    fn push(&mut self, device: Device) {
        self.class.append_option(device.class);
        self.width_max.append_option(device.width_max);
        self.height_max.append_option(device.height_max);
        self.framerate_max.append_option(device.framerate_max);
        match device.codecs {
            None => self.codecs.push_null(),
            Some(codecs) => {
                self.codecs.push(codecs.len());
                codecs.into_iter().for_each(|codec| self.codec.append_value(codec));
            }
        }
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut columns = finished![chunk; self.class, self.width_max, self.height_max, self.framerate_max];
        columns.push(self.codecs.finish(self.codec.finish(chunk)?));
        Ok(columns)
    }
}

impl ProbeColumns {
    fn push(&mut self, probe: Probe<'_>) {
        self.node_id.append_option(probe.node_id);
        self.rtt_ms.append_option(probe.rtt_ms);
        self.throughput_kbps.append_option(probe.throughput_kbps);
        self.chosen_by.append_option(probe.chosen_by);
        self.propensity.append_option(probe.propensity);
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<ArrayRef, ArrowError> {
        let names = ["node_id", "rtt_ms", "throughput_kbps", "chosen_by", "propensity"];
        let children = finished![chunk; self.node_id, self.rtt_ms, self.throughput_kbps, self.chosen_by, self.propensity];
        Ok(columns::structs(&names, children, None))
    }
}
