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
