"""Keep questions, and what the scanned one says about who has their card."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)", name=op.f("ck_questions_answered_when_not_open")
        ),
        sa.CheckConstraint("kind IN ('access', 'pitch')", name=op.f("ck_questions_kind_known")),
        sa.CheckConstraint("state IN ('open', 'yes', 'no', 'closed')", name=op.f("ck_questions_state_known")),
        sa.CheckConstraint("asker_id <> asked_id", name=op.f("ck_questions_not_oneself")),
        sa.ForeignKeyConstraint(
            ["asked_id"], ["people.id"], name=op.f("fk_questions_asked_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["people.id"], name=op.f("fk_questions_asker_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index("ix_questions_asked_id_state", ["asked_id", "state"], unique=False)
        batch_op.create_index("ix_questions_asker_id_created_at", ["asker_id", "created_at"], unique=False)
        batch_op.create_index(
            "uq_questions_open",
            ["asker_id", "asked_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "welcomes",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.CheckConstraint("what IN ('introductions', 'one_to_ones', 'offers')", name=op.f("ck_welcomes_what_known")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_welcomes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "what", name=op.f("pk_welcomes")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withheld_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rested_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("encounters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asks_first", sa.Boolean(), server_default=sa.false(), nullable=False))
