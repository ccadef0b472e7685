"""Room Display: a meeting-room screen and the Admin Center that feeds it."""

__version__ = "0.1.0"
