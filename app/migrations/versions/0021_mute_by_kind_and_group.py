"""Let kinds of letters, and groups, be muted."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "mutes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'push')", name=op.f("ck_mutes_channel_known")),
        sa.CheckConstraint("kind IN ('follow_ups', 'one_to_ones', 'before')", name=op.f("ck_mutes_kind_known")),
        sa.CheckConstraint("(kind IS NULL) <> (group_id IS NULL)", name=op.f("ck_mutes_of_one_thing")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_mutes_group_id_groups"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_mutes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        sa.UniqueConstraint("person_id", "channel", "group_id", name=op.f("uq_mutes_person_id_channel_group_id")),
        sa.UniqueConstraint("person_id", "channel", "kind", name=op.f("uq_mutes_person_id_channel_kind")),
    )
    with op.batch_alter_table("mutes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mutes_group_id"), ["group_id"], unique=False)
