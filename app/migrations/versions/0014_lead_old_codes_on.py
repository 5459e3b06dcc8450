"""Let the code of a card that became one with another lead to that one."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

LIVE = sa.text("withdrawn_at IS NULL AND NOT alias")


def upgrade() -> None:
    with op.batch_alter_table("card_tokens", schema=None) as batch_op:
        batch_op.drop_index("uq_card_tokens_live")
        batch_op.add_column(sa.Column("alias", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "uq_card_tokens_live",
        "card_tokens",
        ["card_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
