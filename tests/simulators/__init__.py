"""Calendar services that behave like the vendors', for tests and for the demo.

One `organisation` of people and rooms stands behind three fronts: `graph`, `ews` and `cronofy`.
"""
