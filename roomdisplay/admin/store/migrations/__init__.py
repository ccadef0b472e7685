"""Alembic's migrations, shipped within the package and run at every start."""
