import pytest

from business import office


def pytest_configure(config):
    # What a thread of a test asserts counts.
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def leeway():
    running = office().start().ready("files", "graph", "every")
    yield running
    running.stop()


# Files that take longest, which begin first: the others fill the time beside them.
LONGEST = ("test_undo_model", "test_reads", "test_earning", "test_notifications", "test_month", "test_crashes")


def pytest_collection_modifyitems(items):
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
