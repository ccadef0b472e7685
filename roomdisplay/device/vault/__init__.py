"""Where the display's secrets are kept: a keyring, or a clear word that there is none.

Import `open_vault` late: the keyring library costs a tenth of a second, which belongs after the
first picture.
"""
