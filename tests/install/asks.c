/* asks.c - what a library was built for and what was loaded: prints both, ends with 0 if a context can be made,
 * 2 if the BLAS does not fit, else 1. Links nothing but libmoefield.
 *
 * SPDX-License-Identifier: MIT */
#include <moefield/moefield.h>
#include <stdio.h>

int main(void)
{
    char text[4096];
    int64_t length;
    moe_context *context;
    if (moe_build_info(text, sizeof text, &length))
        return 1;
    fputs(text, stdout);
    const int32_t status = moe_context_create(NULL, &context);
    printf("context %s\n", moe_status_name(status));
    moe_context_destroy(context);
    return status == MOE_ERROR_BLAS ? 2 : status != MOE_OK;
}
