"""Ask a guest once where the note after a breakfast goes."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("no_note_at", sa.DateTime(timezone=True), nullable=True))
