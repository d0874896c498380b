# Three counters, two entries: what an old linker leaves.
	.section __sancov_cntrs,"aw"
	.globl counters
counters:
	.zero 3
counters_end:
	.section __sancov_pcs,"aw"
	.p2align 3
table:
	.quad main, 1
	.quad main + 1, 0
table_end:
	.section .init_array,"aw"
	.p2align 3
	.quad construct
	.text
construct:
	subq $8, %rsp
	leaq counters(%rip), %rdi
	leaq counters_end(%rip), %rsi
	callq __sanitizer_cov_8bit_counters_init@PLT
	leaq table(%rip), %rdi
	leaq table_end(%rip), %rsi
	callq __sanitizer_cov_pcs_init@PLT
	addq $8, %rsp
	retq
	.globl main
	.type main, @function
main:
	movb $1, counters(%rip)
	xorl %eax, %eax
	retq
	.size main, . - main
	.section .note.GNU-stack,"",@progbits
