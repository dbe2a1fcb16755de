import pytest

from business import office


@pytest.fixture
def leeway():
    running = office().start().ready("files", "graph", "every")
    yield running
    running.stop()
