"""The sync side at work, once the first frame is painted: keyring, cache, pairing, session.

Nothing here gives up: what fails is told on the screen and tried again.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from roomdisplay.device.call import Rectangle
from roomdisplay.device.http import DeviceHttp
from roomdisplay.device.identity import DeviceIdentity, IdentityStore
from roomdisplay.device.server_address import AddressError, ServerAddress, parse_server
from roomdisplay.device.settings import PROVISIONING_FILE
from roomdisplay.device.vault.opening import Vault, VaultUnavailable, open_vault
from roomdisplay.model.pairing import PairingOffer
from roomdisplay.model.roomstate import Standing
from roomdisplay.model.trouble import Trouble, TroubleKind
from roomdisplay.sync.cache import Cache
from roomdisplay.sync.calls import Calls
from roomdisplay.sync.client import ServerClient
from roomdisplay.sync.cold_start import CACHE_FILE, CACHE_KEY, kept_key
from roomdisplay.sync.deliveries import Deliveries
from roomdisplay.sync.keeping import Keeping
from roomdisplay.sync.ledger import CONTACT, Ledger
from roomdisplay.sync.links import routing_socket, watch_network
from roomdisplay.sync.options import DisplayOptions
from roomdisplay.sync.outbox import Outbox
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.sealing import AesGcmSeal, new_key
from roomdisplay.sync.session import PairingLostError, Session
from roomdisplay.sync.timekeeper import Timekeeper
from roomdisplay.sync.warm import WarmCopy

if TYPE_CHECKING:
    from roomdisplay.device.pairing import Pairing

logger = logging.getLogger(__name__)

VAULT_AGAIN = 10.0
"""Seconds until a keyring that did not answer is asked again."""
FAULT_PAUSE = 5.0
"""Seconds until a part that failed by a fault of ours is started again."""

T = TypeVar("T")


class Life:
    """Everything a display does besides painting."""

    def __init__(self, options: DisplayOptions, ledger: Ledger, warm: WarmCopy) -> None:
        # One line for each request, for years, would be most of what the journal holds.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._options = options
        self._ledger = ledger
        self._timekeeper = Timekeeper(ledger, options.clocks)
        self._keeping = Keeping(ledger, warm)
        self._deliveries = Deliveries(
            Outbox(options.state_dir / "outbox.db"), ledger, options.clocks
        )
        self._calls = Calls(ledger, options.join, options.clocks)
        self._session: Session | None = None
        self._pairing: Pairing | None = None
        self._vault: Vault | None = None

    async def run(self, shown: tuple[Picture, Moment] | None) -> None:
        """Live until cancelled; `shown` is what was shown first."""
        self._make_folder()
        if shown is not None:
            self._timekeeper.restore(shown[1])
        await self._timekeeper.look()
        self._ledger.publish()
        watching = asyncio.create_task(watch_network(self._network_changed, routing_socket()))
        try:
            await self._deliveries.open()
            identities = await self._with_keyring(self._open_keyring)
            server = self._server(identities[1])
            while server is not None:
                identities = await self._one_pairing(server, *identities)
            await asyncio.Event().wait()  # an address comes with the next start
        finally:
            watching.cancel()
            await self._end()

    def check_in(self, meeting_id: str) -> Coroutine[None, None, None]:
        """See `Engine.check_in`."""
        return self._deliveries.check_in(meeting_id)

    async def join(self, meeting_id: str) -> None:
        """See `Engine.join`."""
        if self._session is not None:
            await self._session.join(meeting_id)
        else:
            self._calls.refuse(meeting_id, "starting")

    async def leave_call(self) -> None:
        """See `Engine.leave_call`."""
        await self._calls.leave()

    async def new_code(self) -> None:
        """See `Engine.new_code`."""
        if self._pairing is not None:
            self._pairing.new_code()

    async def place_calls(self, area: Rectangle, scale: float) -> None:
        """See `Engine.place_calls`."""
        self._calls.place(area, scale)

    async def network_changed(self) -> None:
        """An address or a link came or went."""
        self._network_changed()

    def _network_changed(self) -> None:
        if self._session is not None:
            self._session.network_changed()
        if self._pairing is not None:
            self._pairing.network_changed()

    def _make_folder(self) -> None:
        try:
            self._options.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:  # cache and outbox work from memory; the keyring says for itself
            self._ledger.trouble("folder", TroubleKind.DISK, str(error))

    async def _open_keyring(self) -> tuple[IdentityStore, DeviceIdentity]:
        """The keyring, the cache that its key opens, and who this display is."""
        options, ledger = self._options, self._ledger
        vault = await asyncio.to_thread(
            open_vault, options.state_dir, insecure_key_file=options.insecure_key_file
        )
        for notice in vault.notices:
            ledger.notice(notice)
        self._vault = vault
        key = await asyncio.to_thread(_cache_key, vault)
        kept = await self._keeping.open(Cache(options.state_dir / CACHE_FILE, AesGcmSeal(key)))
        if kept is not None and ledger.picture is None:
            ledger.picture, ledger.standing = kept[0], Standing.PAIRED
            self._timekeeper.restore(kept[1])
            await self._timekeeper.look()
            ledger.publish()
            self._keeping.note()
        store = IdentityStore(vault)
        return store, await asyncio.to_thread(store.load)

    def _server(self, identity: DeviceIdentity) -> ServerAddress | None:
        """Where the Admin Center is, by the settings, else by the pairing."""
        paired = identity.paired
        written = self._options.server or (paired.server if paired else None)
        detail = ""
        try:
            if written:
                address = parse_server(written, self._options.server_pin)
                self._ledger.texts["server"] = address.host
                return address
        except AddressError as error:
            detail = str(error)
        self._ledger.standing = Standing.UNPAIRED if paired is None else Standing.PAIRED
        self._ledger.trouble("address", TroubleKind.NO_SERVER_ADDRESS, detail)
        self._ledger.publish()
        return None

    async def _one_pairing(
        self, server: ServerAddress, store: IdentityStore, identity: DeviceIdentity
    ) -> tuple[IdentityStore, DeviceIdentity]:
        """Be paired and live, until the pairing is lost; or become paired."""
        clocks = self._options.clocks
        self._timekeeper.server_is(loopback=server.loopback)
        # A token is for the server that gave it and is shown to no other.
        elsewhere = identity.paired is not None and identity.paired.server != server.origin
        if elsewhere:
            identity = replace(identity, paired=None)
        async with DeviceHttp(server, identity.key, boottime_clock=clocks.boottime) as http:
            revoked = False
            if identity.paired is not None:
                await self._live(http, identity)
                revoked = True
            await self._forget_room(Standing.REVOKED if revoked else Standing.UNPAIRED)
            paired = await self._with_keyring(lambda: self._pair(http, identity, store))
        return store, paired

    async def _live(self, http: DeviceHttp, identity: DeviceIdentity) -> None:
        """Run sessions until the pairing is lost."""
        assert identity.paired is not None
        self._ledger.standing = Standing.PAIRED
        self._ledger.texts["device_id"] = identity.paired.device_id
        self._ledger.publish()
        while True:
            self._session = Session(
                client=ServerClient(http, identity.paired.token),
                timekeeper=self._timekeeper,
                ledger=self._ledger,
                keeping=self._keeping,
                deliveries=self._deliveries,
                calls=self._calls,
                options=self._options,
                keyring=self._vault.describe() if self._vault else "",
            )
            try:
                await self._session.run()
            except PairingLostError:
                logger.warning("The Admin Center removed this display")
                return
            except Exception:
                logger.exception("The session failed by a fault of ours; it is started again")
                await asyncio.sleep(FAULT_PAUSE)
            finally:
                self._session = None

    async def _forget_room(self, standing: Standing) -> None:
        """Nothing of a room that is not this display's (any more) stays, shown or stored."""
        await self._calls.close()
        self._ledger.forget_room()
        self._ledger.standing = standing
        self._ledger.publish()
        await self._keeping.forget()

    async def _pair(
        self, http: DeviceHttp, identity: DeviceIdentity, store: IdentityStore
    ) -> DeviceIdentity:
        # A display that is paired needs none of this for years: 0.8 MiB.
        from roomdisplay.device.box import box_facts  # noqa: PLC0415
        from roomdisplay.device.pairing import Pairing  # noqa: PLC0415

        clocks, ledger = self._options.clocks, self._ledger

        def on_offer(offer: PairingOffer | None) -> None:
            ledger.pairing = offer
            ledger.publish()

        def on_trouble(trouble: Trouble | None) -> None:
            ledger.trouble(CONTACT, trouble.kind if trouble else None, _detail(trouble))
            ledger.publish()

        self._pairing = Pairing(
            http,
            identity,
            store,
            box_facts(),
            boottime_clock=clocks.boottime,
            this_boot=clocks.boot_id,
            speed=clocks.speed,
            provisioning=self._options.state_dir / PROVISIONING_FILE,
        )
        try:
            paired = await self._pairing.pair(on_offer, on_trouble)
        finally:
            self._pairing = None
            ledger.pairing = None
        return replace(identity, paired=paired, codes=())

    async def _with_keyring(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what needs the keyring; while it does not answer, say so and try again."""
        while True:
            try:
                done = await work()
            except VaultUnavailable as error:
                if self._ledger.standing is None:
                    self._ledger.standing = Standing.UNPAIRED
                self._ledger.trouble("keyring", TroubleKind.NO_KEYRING, str(error))
                self._ledger.publish()
                await asyncio.sleep(VAULT_AGAIN / self._options.clocks.speed)
            else:
                self._ledger.trouble("keyring", None)
                self._ledger.publish()
                return done

    async def _end(self) -> None:
        await self._calls.close()
        await self._keeping.write()
        await self._keeping.close()
        await self._deliveries.close()


def _cache_key(vault: Vault) -> bytes:
    """The key that seals the cache, made at the first start; a damaged one is replaced."""
    key = kept_key(vault)
    if key is None:
        key = new_key()
        vault.write(CACHE_KEY, base64.b64encode(key).decode("ascii"))
    return key


def _detail(trouble: Trouble | None) -> str:
    return trouble.detail if trouble else ""
