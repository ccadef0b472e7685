"""Reading iCalendar (RFC 5545) as rooms need it; shared by the CalDAV and the ICS connector.

The way of a feed: `text` makes clean lines of bytes, `scan` keeps the components that can touch
the window, `event` reads those into values with the zones of `zones`, `recurrence` expands them,
`reading` puts the picture together.
"""
