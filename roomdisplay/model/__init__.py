"""The vocabulary both sides share: values and pure functions, no Qt, HTTP, SQL or clock."""
