"""One screen of one's own: an Admin Center and its only display on one small machine."""
