"""Let members say that they are glad to introduce newcomers; nobody has said so yet."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.alter_column("host", server_default=None)
