	.text
	.globl	twice
twice:
	leal	(%rdi,%rdi), %eax
	ret
#ifdef __ELF__
	.section .note.GNU-stack,"",%progbits
#endif
