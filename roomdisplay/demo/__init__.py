"""The whole product on one machine: an Admin Center, a sample building and a paired display."""
