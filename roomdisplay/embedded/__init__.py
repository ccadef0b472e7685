"""A display beside its own Admin Center: how the demo and a single screen run the two together."""
