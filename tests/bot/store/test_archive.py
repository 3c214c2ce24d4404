"""What is put into a backup comes out of it, and nothing else does: not half of it, not something changed, not something slipped in."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import archive
from bot.store.archive import DATABASE, MANIFEST, Manifest, Member, Unfit
from bot.store.keys import KeyFile
from bot.store.sealed import Vault

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CONTENTS = {DATABASE: os.urandom(9000), "attachments/ab12.sealed": os.urandom(512), "attachments/empty.sealed": b""}


@pytest.fixture
def backup(tmp_path: Path, vault: Vault) -> Path:
    """A backup of three files."""
    sources = []
    for number, (name, content) in enumerate(CONTENTS.items()):
        (tmp_path / str(number)).write_bytes(content)
        sources.append((name, tmp_path / str(number)))
    sources.append(("attachments/erased.sealed", tmp_path / "gone since it was listed"))

    def finish(members: dict[str, Member]) -> Manifest:
        return archive.proven(Manifest(archive.FORM, "0.1.0", "0002", NOW, "k1", "sqlite", {"person": 1}, members), vault)

    with (tmp_path / "copy.tar").open("wb") as target:
        archive.write(target, iter(sources), finish)
    return tmp_path / "copy.tar"


def test_what_was_put_in_comes_out_for_its_owner_alone(backup: Path, vault: Vault, tmp_path: Path) -> None:
    manifest = archive.read(backup)
    assert (set(manifest.members), manifest.counts, archive.is_proven(manifest, vault)) == (set(CONTENTS), {"person": 1}, True)
    archive.unpack(backup, tmp_path / "room")
    assert {name: (tmp_path / "room" / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert {(tmp_path / "room" / name).stat().st_mode & 0o777 for name in CONTENTS} == {0o600}


def test_any_tar_program_can_look_into_it_and_no_key_is_there(backup: Path, key_file: KeyFile) -> None:
    with tarfile.open(backup) as tar:
        assert tar.getnames() == [*CONTENTS, MANIFEST]
    content = backup.read_bytes()
    assert not any(key in content for key in (*key_file.keys.values(), key_file.hash_key))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.integers(0, 14_000))
def test_a_backup_that_was_cut_off_anywhere_is_refused(backup: Path, length: int) -> None:
    whole = backup.read_bytes()
    end = whole.rstrip(b"\0")
    cut = backup.with_name("cut.tar")
    cut.write_bytes(whole[: min(length, len(end) - 1)])
    with pytest.raises(Unfit):
        archive.read(cut)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_a_byte_that_was_changed_in_a_file_is_found(backup: Path, data: st.DataObject) -> None:
    whole = bytearray(backup.read_bytes())
    at = whole.index(CONTENTS[DATABASE][:64]) + data.draw(st.integers(0, 8999))
    whole[at] ^= data.draw(st.integers(1, 255))
    changed = backup.with_name("changed.tar")
    changed.write_bytes(whole)
    with pytest.raises(Unfit, match=f"{DATABASE} is not what was put in"):
        archive.read(changed)


def test_hashes_that_were_made_to_fit_still_lack_the_proof(backup: Path, vault: Vault) -> None:
    manifest = archive.read(backup)
    members = {**manifest.members, DATABASE: Member(1, "0" * 64)}
    changed = Manifest(**{name: getattr(manifest, name) for name in manifest.__struct_fields__} | {"members": members})
    assert not archive.is_proven(changed, vault)


def slipped_in(backup: Path, change: Callable[[tarfile.TarInfo], None], content: bytes = b"x") -> Path:
    """The same backup with one more entry in front."""
    other = backup.with_name("other.tar")
    with tarfile.open(backup) as source, tarfile.open(other, "w") as target:
        entry = tarfile.TarInfo("attachments/more.sealed")
        entry.size = len(content)
        change(entry)
        target.addfile(entry, io.BytesIO(content))
        for each in source:
            target.addfile(each, source.extractfile(each))
    return other


@pytest.mark.parametrize(
    "name",
    [
        "../anlin.db",
        "/etc/passwd",
        "attachments/../../x.sealed",
        "attachments/.x.sealed",
        "attachments/a/b.sealed",
        "sealing.key",
        DATABASE,
    ],
)
def test_a_name_that_no_backup_has_is_refused_before_anything_is_written(backup: Path, tmp_path: Path, name: str) -> None:
    other = slipped_in(backup, lambda entry: setattr(entry, "name", name))
    with pytest.raises(Unfit):
        archive.read(other)
    with pytest.raises(Unfit):
        archive.unpack(other, tmp_path / "deep" / "room")
    assert not (tmp_path / "deep" / DATABASE).exists()
    assert not (tmp_path / "x.sealed").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_only_plain_files_are_taken_out(backup: Path, kind: bytes) -> None:
    def change(entry: tarfile.TarInfo) -> None:
        entry.type, entry.size, entry.linkname = kind, 0, "/etc/passwd"

    with pytest.raises(Unfit):
        archive.read(slipped_in(backup, change, b""))


def test_a_file_nobody_listed_is_refused(backup: Path) -> None:
    with pytest.raises(Unfit, match="more"):
        archive.read(slipped_in(backup, lambda _entry: None))


@pytest.mark.parametrize("content", [b"", b"no tar at all", bytes(10240)])
def test_what_is_no_backup_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy.tar").write_bytes(content)
    with pytest.raises(Unfit, match="no whole backup"):
        archive.read(tmp_path / "copy.tar")


def test_a_backup_of_a_later_form_is_told_as_such(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "copy.tar", "w") as tar:
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(b'{"form": 2, "shape": "new"}')
        tar.addfile(entry, io.BytesIO(b'{"form": 2, "shape": "new"}'))
    with pytest.raises(Unfit, match="later release"):
        archive.read(tmp_path / "copy.tar")
