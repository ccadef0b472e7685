from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from roomdisplay.sync.cache import Cache
from roomdisplay.sync.database import DiskError
from roomdisplay.sync.picture import Moment, Picture, encode_moment, encode_picture
from roomdisplay.sync.sealing import AesGcmSeal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


@pytest.fixture
def cache(path: Path, seal: AesGcmSeal) -> Iterator[Cache]:
    with closing(Cache(path, seal)) as opened:
        yield opened


def test_what_was_stored_is_loaded_by_the_next_process(
    path: Path, seal: AesGcmSeal, picture: Picture, moment: Moment
) -> None:
    with closing(Cache(path, seal)) as cache:
        cache.store(picture, moment)
    with closing(Cache(path, seal)) as cache:
        assert cache.load() == (picture, moment)


def test_an_empty_cache_has_no_picture(cache: Cache) -> None:
    assert cache.load() is None


def test_freshness_alone_can_be_renewed(cache: Cache, picture: Picture, moment: Moment) -> None:
    cache.store(picture, moment)
    later = replace(moment, account=replace(moment.account, heard_at=900.0))
    cache.store_moment(later)
    assert cache.load() == (picture, later)


def test_nothing_readable_reaches_the_disk(
    path: Path, cache: Cache, picture: Picture, moment: Moment
) -> None:
    cache.store(picture, moment)
    raw = b"".join(p.read_bytes() for p in path.parent.iterdir())
    assert raw
    for word in (b"Quarterly", b"Atlas", b"Ana"):
        assert word not in raw


def test_a_picture_sealed_with_another_key_is_discarded_and_begun_anew(
    path: Path, seal: AesGcmSeal, picture: Picture, moment: Moment
) -> None:
    with closing(Cache(path, seal)) as cache:
        cache.store(picture, moment)
    with closing(Cache(path, AesGcmSeal(b"x" * 32))) as other:
        assert other.load() is None
        assert not path.exists()
        other.store(picture, moment)
        assert other.load() == (picture, moment)


def test_rows_cannot_take_each_others_place(
    path: Path, cache: Cache, picture: Picture, moment: Moment
) -> None:
    cache.store(picture, moment)
    cache.close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "UPDATE sealed SET body = (SELECT body FROM sealed WHERE name = 'moment')"
            " WHERE name = 'picture'"
        )
    assert cache.load() is None


def _overwritten(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(200):
        content[draw.randrange(len(content))] = draw.randrange(256)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"<html>not a database</html>" * 100),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 1]),
        lambda path: _overwritten(path, random.Random(1)),
        lambda path: path.write_bytes(b"\0" * path.stat().st_size),
    ],
    ids=["foreign", "cut", "overwritten", "zeroed"],
)
def test_a_damaged_file_is_set_aside_and_begun_anew(
    path: Path,
    seal: AesGcmSeal,
    picture: Picture,
    moment: Moment,
    damage: Callable[[Path], None],
) -> None:
    with closing(Cache(path, seal)) as cache:
        cache.store(picture, moment)
    damage(path)
    with closing(Cache(path, seal)) as cache:
        assert cache.load() is None
        assert list(path.parent.glob("cache.db.bad-*"))
        cache.store(picture, moment)
        assert cache.load() == (picture, moment)


def test_a_sound_database_of_somebody_else_is_set_aside(
    path: Path, cache: Cache, picture: Picture, moment: Moment
) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE sealed (something TEXT)")
    assert cache.load() is None
    cache.store(picture, moment)
    assert cache.load() == (picture, moment)


def test_files_set_aside_do_not_pile_up(path: Path, seal: AesGcmSeal) -> None:
    for _ in range(5):
        path.write_bytes(b"no database" * 500)
        with closing(Cache(path, seal)) as cache:
            assert cache.load() is None
    assert len(list(path.parent.glob("cache.db.bad-*"))) <= 2


def test_forgetting_leaves_nothing_behind(
    path: Path, cache: Cache, picture: Picture, moment: Moment
) -> None:
    path.write_bytes(b"no database" * 500)
    cache.store(picture, moment)
    cache.forget()
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_the_disks_fault(
    tmp_path: Path, seal: AesGcmSeal, picture: Picture, moment: Moment
) -> None:
    with pytest.raises(DiskError), closing(Cache(tmp_path / "gone" / "cache.db", seal)) as cache:
        cache.store(picture, moment)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from roomdisplay.sync.cache import Cache
from roomdisplay.sync.database import DiskError
from roomdisplay.sync.picture import decode_moment, decode_picture
from roomdisplay.sync.sealing import AesGcmSeal

path, picture, moment = (Path(a) for a in sys.argv[1:])
cache = Cache(path, AesGcmSeal(bytes(range(32))))
kept = decode_picture(picture.read_bytes()), decode_moment(moment.read_bytes())
cache.store(*kept)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    cache.store(*kept)
except DiskError as error:
    print("refused:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("still there:", cache.load() == kept)
"""


def test_on_a_full_disk_the_last_good_picture_stays(
    path: Path, picture: Picture, moment: Moment, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(encode_picture(picture))
    (tmp_path / "moment").write_bytes(encode_moment(moment))
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, tmp_path / "picture", tmp_path / "moment"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "refused:" in done.stdout, done.stdout
    assert "still there: True" in done.stdout


def test_nothing_heavy_is_imported_to_read_the_cache() -> None:
    code = (
        "import sys, roomdisplay.sync.cache, roomdisplay.sync.snapshot, roomdisplay.sync.engine;"
        "heavy = {'httpx', 'apscheduler', 'keyring', 'cryptography', 'joserfc', 'PySide6', 'ssl'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
