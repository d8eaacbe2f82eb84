"""Reads every manifest of a folder by the packages that players' makers use; prints what each offers as JSON.

`m3u8` and `mpegdash` are from PyPI. Without them this ends with 77. The page beside the manifests must be well-formed.
"""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

try:
    import m3u8
    from mpegdash.parser import MPEGDASHParser
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)


def of_playlist(path: Path) -> list[list]:
    playlist = m3u8.loads(path.read_text(encoding="utf-8"))
    assert playlist.is_variant and not playlist.segments, path
    variants = []
    for variant in playlist.playlists:
        about = variant.stream_info
        assert about.codecs and about.frame_rate > 0, path
        variants.append([about.bandwidth, *about.resolution, variant.uri])
    return variants


def of_description(path: Path) -> list[list]:
    description = MPEGDASHParser.parse(str(path))
    representations = []
    (period,) = description.periods
    for adaptation_set in period.adaptation_sets:
        assert adaptation_set.segment_templates and adaptation_set.content_type == "video", path
        widest = max(representation.width for representation in adaptation_set.representations)
        assert adaptation_set.max_width == widest, path
        for representation in adaptation_set.representations:
            assert representation.codecs and representation.frame_rate, path
            size = [representation.width, representation.height]
            representations.append([representation.bandwidth, *size, f"{representation.id}/index.m3u8"])
    return representations


folder = Path(sys.argv[1])
ElementTree.fromstring((folder / "quality.html").read_text(encoding="utf-8"))
found = {path.name: of_playlist(path) for path in folder.glob("*.m3u8")}
found |= {path.name: of_description(path) for path in folder.glob("*.mpd")}
print(json.dumps(found))
