"""Reads the cache after a power cut: keyring and cipher are loaded for it, and nothing else yet.

What is wrong here is not told here: the sync side opens the same files again once all is loaded,
and says so then.
"""

from __future__ import annotations

import base64
import binascii

from roomdisplay.device.vault.opening import Vault, VaultUnavailable, open_vault
from roomdisplay.sync.cache import Cache
from roomdisplay.sync.database import DiskError
from roomdisplay.sync.options import DisplayOptions
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.sealing import KEY_BYTES, AesGcmSeal

CACHE_KEY = "cache-key"
"""The name of the cache's key in the keyring."""
CACHE_FILE = "cache.db"


def read_cache(options: DisplayOptions) -> tuple[Picture, Moment] | None:
    """The last good picture from the disk, if there is one and the keyring gives its key."""
    file = options.state_dir / CACHE_FILE
    if not file.is_file():
        return None
    try:
        vault = open_vault(options.state_dir, insecure_key_file=options.insecure_key_file)
        key = kept_key(vault)
        if key is None:
            return None
        cache = Cache(file, AesGcmSeal(key))
        try:
            return cache.load()
        finally:
            cache.close()
    except (VaultUnavailable, DiskError):
        return None


def kept_key(vault: Vault) -> bytes | None:
    """The key that seals the cache; None: there is none, or a damaged one.

    Raises:
        VaultUnavailable: the keyring does not answer.
    """
    text = vault.read(CACHE_KEY)
    if text is None:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None
