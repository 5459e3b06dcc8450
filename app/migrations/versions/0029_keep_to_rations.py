"""Count what a person is sent in rows of its own, let letters out at a rate, and let people be quiet for a while."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_people_quiet_until"), ["quiet_until"], unique=False)
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("left", sa.Double(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    op.create_table(
        "rations",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_rations_delivery_id_deliveries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_rations_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "channel", "day", name=op.f("pk_rations")),
    )
    with op.batch_alter_table("rations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rations_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rations_used_at"), ["used_at"], unique=False)
    _count_the_last_week()


def _count_the_last_week() -> None:
    """What went out lately counts as before. Its days are told by UTC, which is near enough for one week."""
    line = op.get_bind()
    sent = sa.table("deliveries", sa.column("sent_at", sa.DateTime(timezone=True)))
    latest = line.execute(sa.select(sa.func.max(sent.c.sent_at))).scalar()
    if latest is None:
        return
    counting = sa.text(
        "INSERT INTO rations (person_id, channel, day, delivery_id, used_at)"
        " SELECT prompts.person_id, deliveries.channel, DATE(sent_at), MIN(deliveries.id), MIN(sent_at)"
        " FROM deliveries JOIN prompts ON prompts.id = deliveries.prompt_id"
        " WHERE deliveries.state = 'sent' AND sent_at > :since AND prompts.kind IN ('follow_up', 'one_to_one')"
        " GROUP BY prompts.person_id, deliveries.channel, DATE(sent_at)"
    )
    since = sa.bindparam("since", latest - timedelta(days=8), sa.DateTime(timezone=True))
    line.execute(counting.bindparams(since))
