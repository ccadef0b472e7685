"""The Admin Center: connects calendars, pairs displays, serves the device protocol."""
