"""The Admin Center's store: SQLAlchemy 2, SQLite now, nothing that only SQLite knows."""

from roomdisplay.admin.store.base import Base, UtcDateTime, new_id
from roomdisplay.admin.store.database import Store, news_after_commit

__all__ = ["Base", "Store", "UtcDateTime", "new_id", "news_after_commit"]
