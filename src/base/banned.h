#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that have no safe use here are compile errors: unbounded copies, functions
 * with hidden static state, and recursion on the attacker's input by alloca.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gmtime
#undef localtime
#undef ctime
#undef asctime
#undef atoi
#undef atol
#undef alloca
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gmtime localtime ctime
#pragma GCC poison asctime atoi atol alloca
