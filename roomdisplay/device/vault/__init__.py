"""Where the display's secrets are kept: a keyring, or a clear word that there is none.

Import `open_vault` late: the cipher, and keyring's library where it is needed, cost time that
belongs after the first picture.
"""
