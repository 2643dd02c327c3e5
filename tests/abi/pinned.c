/* pinned.c - where the members of the host's tables are, for ever: compiled by check_names.sh, never run.
 *
 * Offsets are those of machines with pointers of 8 bytes. A new member gets the next line.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>

#define PIN(table, member, at)                                                                               \
    _Static_assert(offsetof(table, member) == (at), #table "." #member " has moved from byte " #at)

PIN(moe_allocator, struct_size, 0);
PIN(moe_allocator, self, 8);
PIN(moe_allocator, allocate, 16);
PIN(moe_allocator, release, 24);
PIN(moe_executor, struct_size, 0);
PIN(moe_executor, self, 8);
PIN(moe_executor, run, 16);
PIN(moe_communicator, struct_size, 0);
PIN(moe_communicator, self, 8);
PIN(moe_communicator, rank, 16);
PIN(moe_communicator, size, 20);
PIN(moe_communicator, send, 24);
PIN(moe_communicator, receive, 32);
PIN(moe_communicator, destroy, 40);
PIN(moe_expert_ops, struct_size, 0);
PIN(moe_expert_ops, flags, 8);
PIN(moe_expert_ops, values, 16);
PIN(moe_expert_ops, pullback, 24);
PIN(moe_expert_ops, bind, 32);
PIN(moe_expert_ops, unbind, 40);
PIN(moe_expert_ops, workspace, 48);
PIN(moe_expert_ops, moment_count, 56);
PIN(moe_expert_ops, moments, 64);
PIN(moe_expert_ops, predict, 72);
PIN(moe_expert_ops, prepare, 80);
PIN(moe_expert_ops, release, 88);
PIN(moe_expert_ops, destroy, 96);
PIN(moe_expert_ops, bounds, 104);
PIN(moe_expert_ops, tangent, 112);
PIN(moe_loss_ops, struct_size, 0);
PIN(moe_loss_ops, flags, 8);
PIN(moe_loss_ops, value, 16);
PIN(moe_loss_ops, residual, 24);
PIN(moe_loss_ops, curvature, 32);
PIN(moe_loss_ops, check, 40);
PIN(moe_loss_ops, destroy, 48);
PIN(moe_potential_ops, struct_size, 0);
PIN(moe_potential_ops, flags, 8);
PIN(moe_potential_ops, value, 16);
PIN(moe_potential_ops, gradient, 24);
PIN(moe_potential_ops, destroy, 32);
