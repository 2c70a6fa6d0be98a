# bash completion of doorward; made by `doorward --completion`
_doorward()
{
	local options="" cur="${COMP_WORDS[COMP_CWORD]}"
	case "${COMP_WORDS[*]:1:2}" in
	"serve"*) options="--help --store --listen --org --owner-key-file --secret-key-file --old-secret-key-file --log-level --tls-cert --tls-key --public-url --forward-auth --max-body-bytes --max-connections --idle-timeout --threads --aitronos-requests-per-minute --aitronos-burst --webhook-allow-private --decision-log --decision-log-max-bytes --decision-log-without-properties --decision-log-required --connhex-strict --connhex-inert-statements" ;;
	"check"*) options="--help --url --key --insecure-tls --tenant --explain --as-of --json" ;;
	"key create"*) options="--help --url --key --insecure-tls --tenant --user --name --expires --json" ;;
	"key list"*) options="--help --url --key --insecure-tls --json" ;;
	"key revoke"*) options="--help --url --key --insecure-tls" ;;
	"audit verify"*) options="--help --url --insecure-tls --jwks" ;;
	"audit replay"*) options="--help --url --key --insecure-tls --since --until --id --organization" ;;
	"audit last-use"*) options="--help" ;;
	"audit"*) options="--help --url --key --insecure-tls --since --follow --json" ;;
	"changes"*) options="--help --url --key --insecure-tls --from --to --json" ;;
	"preview"*) options="--help --url --key --insecure-tls --json" ;;
	"cel eval"*) options="--help --bindings" ;;
	"cel check"*) options="--help --bindings" ;;
	"cel ast"*) options="--help" ;;
	"cel test"*) options="--help" ;;
	"version"*) options="--help" ;;
	key*) options="create list revoke --help" ;;
	cel*) options="eval check ast test --help" ;;
	*) options="serve check key audit changes preview cel version --help --version --man --completion" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}
complete -o default -F _doorward doorward
