"""The glass: Qt Quick over one immutable snapshot."""
