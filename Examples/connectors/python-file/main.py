"""A connector for Ropewalk that reads and writes files."""

from file_connector import FileConnector
from ropewalk_connector import serve

if __name__ == "__main__":
    serve(FileConnector)
