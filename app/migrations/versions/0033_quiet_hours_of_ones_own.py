"""Let people choose their own quiet hours."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    for name, usual in (("quiet_from", "20:00:00"), ("quiet_to", "08:00:00")):
        op.add_column("people", sa.Column(name, sa.Time(), nullable=False, server_default=usual))
