"""Mail without a broker: the tests say themselves when a worker looks at the outbox."""

from collections.abc import Iterator

import pytest

from kianda.mail import ports, tasks


@pytest.fixture(autouse=True)
def _nobody_is_woken() -> Iterator[None]:
    ports.register_waker(lambda messages: None)
    yield
    ports.register_waker(tasks.wake)
