"""The display box: who it is, how it is paired, its clock and its conference window."""
