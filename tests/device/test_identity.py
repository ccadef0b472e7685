from __future__ import annotations

from pathlib import Path

import pytest

from roomdisplay.device.box import box_facts
from roomdisplay.device.identity import CODES, CODES_KEPT, KEY, TOKEN, IdentityStore, Paired
from roomdisplay.device.identity import PendingCode as Code


class Secrets(dict[str, str]):
    """A keyring in memory that remembers the order of what it was told, and may lose its power."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.power_fails_after: int | None = None

    def read(self, name: str) -> str | None:
        return self.get(name)

    def write(self, name: str, secret: str) -> None:
        self._tell(f"write {name}")
        self[name] = secret

    def delete(self, name: str) -> None:
        self._tell(f"delete {name}")
        self.pop(name, None)

    def _tell(self, what: str) -> None:
        if self.power_fails_after is not None and len(self.told) >= self.power_fails_after:
            raise KeyboardInterrupt
        self.told.append(what)


def code(name: str) -> Code:
    return Code(
        device_code=name * 20,
        user_code=name,
        verification_uri="https://rooms.example.com/pair",
        interval=2,
        boot_id="boot",
        expires_at=900,
        lifetime=900,
        server="https://rooms.example.com",
    )


PAIRED = Paired(token="t" * 40, device_id="d1", room="Atlas", server="https://rooms.example.com")


def test_the_key_is_made_once_and_kept_before_anything_else() -> None:
    secrets = Secrets()
    first = IdentityStore(secrets).load()
    assert secrets.told == [f"write {KEY}"]
    assert IdentityStore(secrets).load().key.thumbprint == first.key.thumbprint
    assert secrets.told == [f"write {KEY}"]


def test_peeking_makes_nothing() -> None:
    secrets = Secrets()
    assert IdentityStore(secrets).peek() is None
    assert secrets.told == []


def test_the_codes_go_only_after_the_token_is_kept() -> None:
    secrets = Secrets()
    store = IdentityStore(secrets)
    store.load()
    store.keep_codes((code("A"),))
    store.keep_token(PAIRED)
    assert secrets.told[-2:] == [f"write {TOKEN}", f"delete {CODES}"]
    assert store.load().paired == PAIRED
    assert store.load().codes == ()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_whatever_step_the_power_fails_in_the_next_start_goes_on(after: int) -> None:
    secrets = Secrets()
    secrets.power_fails_after = after
    store = IdentityStore(secrets)

    def pair() -> None:
        store.load()
        store.keep_codes((code("A"),))
        store.keep_token(PAIRED)

    with pytest.raises(KeyboardInterrupt):
        pair()
    secrets.power_fails_after = None
    identity = IdentityStore(secrets).load()
    expected = {0: (False, False), 1: (False, False), 2: (True, False), 3: (True, True)}[after]
    assert (bool(identity.codes), identity.paired is not None) == expected


def test_only_the_newest_codes_are_kept() -> None:
    store = IdentityStore(Secrets())
    store.load()
    store.keep_codes(tuple(code(name) for name in "ABCDEFG"))
    assert [one.user_code for one in store.load().codes] == list("ABCDEFG"[-CODES_KEPT:])


@pytest.mark.parametrize("damage", ["", "{", "null", '{"token": 1}', "[]"])
@pytest.mark.parametrize("name", [KEY, CODES, TOKEN])
def test_damage_reads_as_not_paired(name: str, damage: str) -> None:
    secrets = Secrets()
    store = IdentityStore(secrets)
    before = store.load()
    store.keep_token(PAIRED)
    store.keep_codes((code("A"),))
    secrets[name] = damage
    after = store.load()
    match name:
        case "device-key":
            assert after.key.thumbprint != before.key.thumbprint
            assert (after.paired, after.codes) == (None, ())
        case "device-token":
            assert after.paired is None
        case _:
            assert after.codes == ()


def test_wiping_leaves_nothing() -> None:
    secrets = Secrets()
    store = IdentityStore(secrets)
    store.load()
    store.keep_codes((code("A"),))
    store.keep_token(PAIRED)
    store.wipe()
    assert dict(secrets) == {}


def test_no_secret_in_a_repr() -> None:
    assert "t" * 40 not in repr(PAIRED)
    assert "A" * 20 not in repr(code("A"))


def test_a_pi_is_known_by_its_device_tree(tmp_path: Path) -> None:
    tree = tmp_path / "proc/device-tree"
    tree.mkdir(parents=True)
    (tree / "model").write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    (tree / "serial-number").write_bytes(b"10000000a1b2c3d4\0")
    facts = box_facts(tmp_path)
    assert (facts.model, facts.serial) == ("Raspberry Pi 5 Model B Rev 1.0", "10000000a1b2c3d4")


def test_a_pc_is_known_by_its_firmware_and_a_derived_name(tmp_path: Path) -> None:
    dmi = tmp_path / "sys/class/dmi/id"
    dmi.mkdir(parents=True)
    (dmi / "sys_vendor").write_text("ASUSTeK\n")
    (dmi / "product_name").write_text("NUC14\x1b[31m\x07PRO\n")
    (dmi / "product_serial").write_text("To be filled by O.E.M.\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    facts = box_facts(tmp_path)
    assert facts.model == "ASUSTeK NUC14 [31m PRO"
    assert facts.serial is not None
    assert facts.serial.startswith("id-")
    assert "0123456789abcdef" not in facts.serial  # the machine id itself is private


def test_a_box_that_says_nothing(tmp_path: Path) -> None:
    facts = box_facts(tmp_path)
    assert (facts.model, facts.serial) == (None, None)
