#!/usr/bin/perl
# Give the live chat's account in RT the rights that it needs, no more, and tell which it has too many.
#
#   perl -I/opt/rt5/lib infra/rt/grant-rights.pl --user svc-livechat --queue Support [--queue ...]
#       --create             it may make new tickets there (triage, new tickets)
#       --status             it may set a ticket's status ("Send to RT" with a status)
#       --reply              it may send invitations as correspondence
#       --marker-field NAME  the custom field that takes our marker in new tickets
#       --rating-field NAME  the custom field that takes what the visitor answered at the end
#       --dry-run            print what would be granted, and change nothing
#
# To be run on RT's machine by whoever may read RT's configuration (root, or RT's user); for RT 4.4,
# 5 and 6. -I names RT's own library: /opt/rt5/lib, on Debian /usr/share/request-tracker5/lib.
# Running it again does nothing. It takes no right away. Ends with 1 if the account has too many.
use strict;
use warnings;
use Getopt::Long;

my (@queues, $user_name, %may, @field_names, $dry_run);
GetOptions(
    'user=s'         => \$user_name,
    'queue=s'        => \@queues,
    'create'         => \$may{create},
    'status'         => \$may{status},
    'reply'          => \$may{reply},
    'marker-field=s' => \@field_names,
    'rating-field=s' => \@field_names,
    'dry-run'        => \$dry_run,
) and $user_name and @queues and !@ARGV
    or stop("usage: grant-rights.pl --user NAME --queue NAME [--queue NAME ...] [--create] [--status] "
        . "[--reply] [--marker-field NAME] [--rating-field NAME] [--dry-run]");

eval { require RT; 1 }
    or stop("RT's library is not found: run perl with -I and its folder, for instance -I/opt/rt5/lib.");
RT->LoadConfig;
RT->Init;

my $user = RT::User->new(RT->SystemUser);
$user->Load($user_name);
$user->Id or stop("RT has no user called $user_name: make one there first, privileged.");
$user->Privileged
    or stop("$user_name is not privileged: tick \"Let this user be granted rights\" on its page first.");

my @wanted = qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket);
push @wanted, 'CreateTicket'  if $may{create};
push @wanted, 'ReplyToTicket' if $may{reply};
push @wanted, 'ModifyTicket'  if $may{status};

my @places = map { [ "the queue $_", loaded('RT::Queue', $_), \@wanted ] } @queues;
for my $name (@field_names) {
    my $field = loaded('RT::CustomField', $name);
    push @places, [ "the field $name", $field, [qw(SeeCustomField ModifyCustomField)] ];
}

# All is looked at before anything is changed.
my $granted = 0;
for my $place (@places) {
    my ($called, $object, $rights) = @$place;
    for my $right (@$rights) {
        next if has($right, $object);
        $granted++;
        if ($dry_run) {
            say_("would grant $right on $called");
            next;
        }
        my ($ok, $why) = $user->PrincipalObj->GrantRight(Right => $right, Object => $object);
        $ok or stop("$right on $called was not granted: $why");
        say_("granted $right on $called");
    }
}
say_("$user_name has all that it needs") unless $granted;

my $excess = 0;
if ($user->HasRight(Right => 'SuperUser', Object => RT->System)) {
    too_many("SuperUser: it may do everything, everywhere");
}
else {
    for my $place ([ 'all of RT', RT->System, [] ], @places) {
        my ($called, $object, $rights) = @$place;
        my %fits = map { $_ => 1 } @$rights;
        for my $right (sort keys %{ $object->AvailableRights }) {
            next if $fits{$right} || !has($right, $object) || shared($right, $object);
            next if $object->isa('RT::Queue') && has($right, RT->System);    # told of above
            too_many("$right on $called");
        }
    }
}
exit($excess ? 1 : 0);

sub loaded {
    my ($class, $name) = @_;
    my $object = $class->new(RT->SystemUser);
    $object->Load($name);
    my $kind = $class eq 'RT::Queue' ? 'queue' : 'custom field';
    $object->Id or stop("RT has no $kind called $name.");
    return $object;
}

# Whether it has a right, by itself, by a group, or everywhere; not because it may do everything.
sub has {
    my ($right, $object) = @_;
    return $user->HasRight(Right => $right, Object => $object);
}

# Whether everybody with an account has it too.
sub shared {
    my ($right, $object) = @_;
    for my $name (qw(Everyone Privileged)) {
        my $group = RT::Group->new(RT->SystemUser);
        $group->LoadSystemInternalGroup($name);
        return 1 if $group->PrincipalObj->HasRight(Right => $right, Object => $object);
    }
    return 0;
}

sub too_many {
    my ($what) = @_;
    $excess++;
    say_("TOO MANY: $what");
}

sub say_ { print "$_[0]\n" }

sub stop {
    print STDERR "$_[0]\n";
    exit 2;
}
