//! The tables have the size and the members' places that the library has pinned (pointers of 8 bytes).
// SPDX-License-Identifier: MIT

#![cfg(target_pointer_width = "64")]

use moefield_sys::*;
use std::ffi::CStr;
use std::mem::size_of;
use std::ptr;

macro_rules! places {
    ($table:ident: $($member:ident $at:expr),*; $size:expr) => {
        let table = $table::default();
        let start = &table as *const _ as usize;
        $(assert_eq!(ptr::addr_of!(table.$member) as usize - start, $at, stringify!($member));)*
        assert_eq!(size_of::<$table>(), $size);
        assert_eq!(table.struct_size, $size);
    };
}

#[test]
fn members_are_where_the_library_has_them() {
    places!(moe_allocator: struct_size 0, self_ 8, allocate 16, release 24; 32);
    places!(moe_executor: struct_size 0, self_ 8, run 16; 24);
    places!(moe_expert_ops: struct_size 0, flags 8, values 16, pullback 24, bind 32, unbind 40, workspace 48,
        moment_count 56, moments 64, predict 72, prepare 80, release 88, destroy 96, bounds 104, tangent 112;
        120);
    places!(moe_loss_ops: struct_size 0, flags 8, value 16, residual 24, curvature 32, check 40, destroy 48; 56);
    places!(moe_potential_ops: struct_size 0, flags 8, value 16, gradient 24, destroy 32; 40);
}

#[test]
fn the_library_answers() {
    unsafe {
        assert_eq!(CStr::from_ptr(moe_version()).to_str(), Ok(env!("CARGO_PKG_VERSION")));
        assert_eq!(CStr::from_ptr(moe_status_name(MOE_ERROR_BUDGET)).to_str(), Ok("MOE_ERROR_BUDGET"));
        let mut context = ptr::null_mut();
        assert_eq!(moe_context_create(ptr::null(), &mut context), MOE_OK);
        moe_context_destroy(context);
    }
}
